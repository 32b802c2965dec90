import { useEffect, useRef, useState } from "react";

interface Props {
  label: string;
  /** What is asked before it happens, e.g. "Delete everything?" */
  question: string;
  yes: string;
  act: () => void;
  quiet?: boolean;
}

/** For what cannot be taken back: the second press does it, in place, without a window over the page. */
export function ConfirmButton({ label, question, yes, act, quiet = false }: Props) {
  const [asking, setAsking] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const asked = useRef(false);
  useEffect(() => {
    if (asking) no.current?.focus();
    else if (asked.current) first.current?.focus();
    asked.current = asking;
  }, [asking]);

  if (!asking)
    return (
      <button ref={first} type="button" className={quiet ? "button bare" : "button bad"} onClick={() => setAsking(true)}>
        {label}
      </button>
    );
  return (
    <div className="actions" role="group" aria-label={question} onKeyDown={(event) => event.key === "Escape" && setAsking(false)}>
      <span>{question}</span>
      <button
        type="button"
        className="button bad"
        onClick={() => {
          setAsking(false);
          act();
        }}
      >
        {yes}
      </button>
      <button ref={no} type="button" className="button" onClick={() => setAsking(false)}>
        Keep it
      </button>
    </div>
  );
}
