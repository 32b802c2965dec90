import { type KeyboardEvent, useEffect, useRef } from "react";
import { Icon } from "../ui/Icon";

interface Props {
  text: string;
  position: string;
  scale: { value: number; label: string }[];
  value: number | undefined;
  answer: (value: number) => void;
  back: (() => void) | undefined;
  next: (() => void) | undefined;
  finish: (() => void) | undefined;
}

/**
 * One statement. Pressing an answer goes on, so the answers are buttons: moving through radio buttons by arrow keys would answer by accident.
 * The digits work while the focus is in here only (WCAG 2.1.4).
 */
export function Question({ text, position, scale, value, answer, back, next, finish }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);

  function byDigit(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = scale.find((step) => String(step.value) === event.key);
    if (chosen) {
      event.preventDefault();
      answer(chosen.value);
    }
  }

  return (
    <section className="question" aria-labelledby="statement" onKeyDown={byDigit}>
      <h2 id="statement" ref={heading} tabIndex={-1}>
        <span className="unseen">{position}:</span> {text}
      </h2>
      <div className="scale" role="group" aria-labelledby="statement">
        {scale.map((step) => (
          <button key={step.value} type="button" aria-pressed={value === step.value} onClick={() => answer(step.value)}>
            <span className="digit" aria-hidden="true">
              {step.value}
            </span>
            {step.label}
          </button>
        ))}
      </div>
      <div className="actions turn">
        <button type="button" className="button" onClick={back} disabled={!back}>
          <Icon name="back" /> Back
        </button>
        {next && (
          <button type="button" className="button bare" onClick={next}>
            {value === undefined ? "Skip for now" : "Next"}
          </button>
        )}
        {finish && (
          <button type="button" className="button strong" onClick={finish}>
            See the result
          </button>
        )}
        <span className="small quiet keys">Keys 1 to 5 answer.</span>
      </div>
    </section>
  );
}
