/** The blocks of a Markdown text, as far as a counsellor needs them. Text that is still arriving is a text like any other. */
export type Block =
  | { kind: "paragraph" | "heading"; text: string }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: Block[][] }
  | { kind: "table"; head: string[]; rows: string[][] };

const fence = /^\s{0,3}(```|~~~)/;
const heading = /^\s{0,3}#{1,6}\s+(.*?)\s*#*$/;
const item = /^(\s*)([-*+]|\d{1,4}[.)])\s+(.*)$/;
const divider = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$/;
const rule = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const deepest = 6;

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());

export function blocksOf(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  if (depth >= deepest) return [{ kind: "paragraph", text }];
  const out: Block[] = [];
  let at = 0;
  const line = (i: number): string => lines[i] ?? "";
  const starts = (i: number): boolean => fence.test(line(i)) || heading.test(line(i)) || item.test(line(i)) || /^\s{0,3}>/.test(line(i)) || rule.test(line(i));

  while (at < lines.length) {
    const current = line(at);
    if (!current.trim() || rule.test(current)) {
      ++at;
    } else if (fence.test(current)) {
      const body: string[] = [];
      for (++at; at < lines.length && !fence.test(line(at)); ++at) body.push(line(at));
      ++at;
      out.push({ kind: "code", text: body.join("\n") });
    } else if (heading.test(current)) {
      out.push({ kind: "heading", text: heading.exec(current)?.[1] ?? "" });
      ++at;
    } else if (/^\s{0,3}>/.test(current)) {
      const body: string[] = [];
      for (; at < lines.length && /^\s{0,3}>/.test(line(at)); ++at) body.push(line(at).replace(/^\s{0,3}> ?/, ""));
      out.push({ kind: "quote", blocks: blocksOf(body.join("\n"), depth + 1) });
    } else if (item.test(current)) {
      const [list, next] = listFrom(lines, at, depth);
      out.push(list);
      at = next;
    } else if (current.includes("|") && divider.test(line(at + 1))) {
      const head = cells(current);
      const rows: string[][] = [];
      for (at += 2; at < lines.length && line(at).includes("|"); ++at) rows.push(cells(line(at)).slice(0, head.length));
      out.push({ kind: "table", head, rows });
    } else {
      const body = [current.trim()];
      for (++at; at < lines.length && line(at).trim() && !starts(at); ++at) body.push(line(at).trim());
      out.push({ kind: "paragraph", text: body.join("\n") });
    }
  }
  return out;
}

function listFrom(lines: string[], from: number, depth: number): [Block, number] {
  const first = item.exec(lines[from] ?? "");
  const indent = first?.[1]?.length ?? 0;
  const ordered = /\d/.test(first?.[2] ?? "");
  const items: string[][] = [];
  let at = from;
  for (; at < lines.length; ++at) {
    const current = lines[at] ?? "";
    const found = item.exec(current);
    if (found && (found[1]?.length ?? 0) <= indent + 1) {
      if (/\d/.test(found[2] ?? "") !== ordered || (found[1]?.length ?? 0) < indent) break;
      items.push([found[3] ?? ""]);
    } else if (!current.trim()) {
      // A blank line ends the list unless it goes on below.
      const next = lines[at + 1] ?? "";
      const goesOn = item.test(next) || /^\s{2,}\S/.test(next);
      if (!goesOn) break;
      items.at(-1)?.push("");
    } else if (found || /^\s{2,}/.test(current) || lines[at - 1]?.trim()) {
      items.at(-1)?.push(current.slice(Math.min(indent + (ordered ? 3 : 2), current.length - current.trimStart().length)));
    } else break;
  }
  return [{ kind: "list", ordered, start: Number.parseInt(first?.[2] ?? "1", 10) || 1, items: items.map((body) => blocksOf(body.join("\n"), depth + 1)) }, at];
}
