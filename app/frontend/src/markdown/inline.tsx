/** Words, emphasis, code and links of one paragraph, as React nodes: text stays text, whatever it looks like. */
import type { ReactNode } from "react";
import { Link } from "../app/router";

// Code first: nothing inside it is marked up. A link's text may not hold brackets, its address neither spaces nor brackets.
const marks = /(`+)(.+?)\1|\[([^\][]+)\]\(([^()\s]+)\)|\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|\*(?=[^\s*])(.+?)\*|(?<![\w])_(?=[^\s_])(.+?)_(?![\w])/s;
const deepest = 6;

/** Where a link may lead: pages of this app, and other sites by HTTPS. Anything else is shown as words. */
function target(address: string): { own: boolean; href: string } | null {
  if (/^\/(?![/\\])[\w\-./?=&,%#]*$/.test(address)) return { own: true, href: address };
  try {
    const url = new URL(address);
    if (url.protocol === "https:" && !url.username) return { own: false, href: url.href };
  } catch {
    // Not an address.
  }
  return null;
}

function Anchor({ address, children }: { address: string; children: ReactNode }) {
  const to = target(address);
  if (!to) return <>{children}</>;
  if (to.own) return <Link to={to.href}>{children}</Link>;
  return (
    <a href={to.href} rel="noopener noreferrer nofollow" target="_blank">
      {children}
      <span className="unseen"> (opens another site)</span>
    </a>
  );
}

export function inline(text: string, depth = 0): ReactNode[] {
  const out: ReactNode[] = [];
  let rest = text;
  while (rest) {
    const found = depth < deepest ? marks.exec(rest) : null;
    if (!found) {
      out.push(rest);
      break;
    }
    if (found.index > 0) out.push(rest.slice(0, found.index));
    const [whole, , code, label, address, strong, alsoStrong, soft, alsoSoft] = found;
    const key = out.length;
    if (code !== undefined) out.push(<code key={key}>{code.trim()}</code>);
    else if (label !== undefined && address !== undefined)
      out.push(
        <Anchor key={key} address={address}>
          {inline(label, depth + 1)}
        </Anchor>,
      );
    else if (strong !== undefined || alsoStrong !== undefined) out.push(<strong key={key}>{inline(strong ?? alsoStrong ?? "", depth + 1)}</strong>);
    else out.push(<em key={key}>{inline(soft ?? alsoSoft ?? "", depth + 1)}</em>);
    rest = rest.slice(found.index + whole.length);
  }
  return out;
}
