import type { ReactNode } from "react";
import type { Ending } from "../api/useCounsel";
import type { Schemas } from "../api/client";
import { explain } from "../api/problem";
import { Icon } from "./Icon";
import { Notice } from "./Notice";
import { Signposts } from "./Signposts";

type Kept = { kind: Schemas["NoticeEvent"]["kind"]; title: string; text: string; signposts: Schemas["Signpost"][] };

/** What the service itself says in place of the model, with where to find help. */
export function ServiceNotice({ notice: { kind, title, text, signposts } }: { notice: Kept }) {
  return (
    <Notice tone={kind === "distress" ? "mark" : "plain"} title={title}>
      <p>{text}</p>
      {signposts.length > 0 && <Signposts signposts={signposts} />}
    </Notice>
  );
}

/** How an answer ended, where that is not simply its end, and what one can do. */
export function EndingNotice({ ending, error, retry }: { ending: Ending | ""; error?: unknown; retry?: (() => void) | undefined }) {
  const again = retry && (
    <button type="button" className="button" onClick={retry}>
      <Icon name="retry" /> Try again
    </button>
  );
  const box = (title: string, text: string, extra?: ReactNode) => (
    <div role="alert">
      <Notice tone="bad" title={title}>
        <p>{text}</p>
        {extra}
        {again}
      </Notice>
    </div>
  );
  if (ending === "cut" || ending === "failed") {
    const { title, detail, reference } = explain(error);
    const known = error !== undefined && error !== null;
    return box(
      known ? title : "The answer broke off",
      known && detail ? detail : "What came so far is kept, and you can ask for it again.",
      reference && <p className="small quiet">Reference: {reference}</p>,
    );
  }
  if (ending === "length") return <p className="small quiet">The answer reached its longest length. Ask it to go on, if you like.</p>;
  if (ending === "filtered") return <p className="small quiet">The model held back the rest of this answer.</p>;
  if (ending === "stopped") return <p className="small quiet">You stopped this answer.</p>;
  return null;
}
