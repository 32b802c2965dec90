import { Link } from "../app/router";
import { Markdown } from "../markdown/Markdown";
import type { Message } from "../stored/documents";
import { EndingNotice, ServiceNotice } from "../ui/Counsel";
import { Icon } from "../ui/Icon";

interface Props {
  message: Message;
  writing?: boolean;
  error?: unknown;
  retry?: (() => void) | undefined;
}

const mostLinks = 4;

export function Answer({ message: { content, ending, careers, notices }, writing = false, error, retry }: Props) {
  const broken = ending === "cut" || ending === "failed";
  // What the answer itself links to need not be linked twice.
  const others = careers.filter(({ link }) => link.startsWith("/careers/") && !content.includes(`(${link})`)).slice(0, mostLinks);
  return (
    <div className="answer" aria-busy={writing}>
      {notices.map((notice) => (
        <ServiceNotice key={notice.title} notice={notice} />
      ))}
      {content && <Markdown text={content} />}
      {writing && <p className={content ? "pen" : "waiting"}>{content ? "" : "Thinking …"}</p>}
      {!writing && others.length > 0 && content && (
        <p className="small quiet grounded">
          Looked at:{" "}
          {others.map(({ id, title, link }, i) => (
            <span key={id}>
              {i > 0 && ", "}
              <Link to={link}>{title}</Link>
            </span>
          ))}
        </p>
      )}
      {!writing && ending && <EndingNotice ending={ending} error={error} retry={broken ? retry : undefined} />}
      {retry && !broken && (
        <button type="button" className="button bare" onClick={retry}>
          <Icon name="retry" /> Answer anew
        </button>
      )}
    </div>
  );
}
