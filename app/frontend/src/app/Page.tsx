import { type ReactNode, useEffect, useRef } from "react";
import { hasMoved } from "./router";

/**
 * A page: its title in the window, its heading, and the focus on that heading when one came here from another page,
 * so that a screen reader says where one is and the keyboard goes on from there.
 */
export function Page({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Counsellor`;
  }, [title]);
  useEffect(() => {
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className="page">
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <p>{lead}</p>}
      </div>
      {children}
    </div>
  );
}
