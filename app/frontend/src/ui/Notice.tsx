import type { ReactNode } from "react";
import { explain } from "../api/problem";

type Tone = "plain" | "good" | "mark" | "bad";

export function Notice({ title, tone = "plain", children }: { title?: string; tone?: Tone; children?: ReactNode }) {
  return (
    <div className={`notice ${tone}`}>
      {title && <strong>{title}</strong>}
      {children}
    </div>
  );
}

/** What went wrong, in words, and what one can do about it. Said by screen readers when it appears. */
export function Failure({ error, retry, retryLabel = "Try again" }: { error: unknown; retry?: (() => void) | undefined; retryLabel?: string }) {
  const { title, detail, reference, points } = explain(error);
  return (
    <div className="notice bad" role="alert">
      <strong>{title}</strong>
      {detail && <p>{detail}</p>}
      {points.length > 0 && (
        <ul>
          {points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      )}
      {reference && <p className="small quiet">Reference: {reference}</p>}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          {retryLabel}
        </button>
      )}
    </div>
  );
}

export function Waiting({ children }: { children: ReactNode }) {
  return (
    <p className="waiting" role="status">
      {children}
    </p>
  );
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
