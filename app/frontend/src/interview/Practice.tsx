import { useEffect, useRef } from "react";
import { type KeptInterview, interview } from "../stored/documents";
import { update } from "../stored/store";
import { Icon } from "../ui/Icon";
import { AnswerForm } from "./AnswerForm";

const kinds: Record<KeptInterview["questions"][number]["kind"], string> = {
  motivation: "Why this job",
  behavioural: "What you did",
  situational: "What you would do",
  skill: "What you know",
  closing: "To close",
};

export function Practice({ kept }: { kept: KeptInterview }) {
  const index = Math.min(kept.at, kept.questions.length - 1);
  const question = kept.questions[index];
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(index);
  useEffect(() => {
    if (shown.current !== index) heading.current?.focus();
    shown.current = index;
  }, [index]);
  if (!question) return null;
  const go = (at: number) => update(interview, (old) => old && { ...old, at });
  const answered = kept.questions.filter(({ id }) => kept.practised[id]).length;

  return (
    <section className="stack loose practice" aria-label={`Practice for ${kept.career.title}`}>
      <div className="where">
        <p>
          <strong>{kept.career.title}</strong>
        </p>
        <p className="quiet numbers">
          Question {index + 1} of {kept.questions.length}, {answered} answered
        </p>
        <progress max={kept.questions.length} value={answered} aria-label="Questions answered" />
      </div>
      <div className="asked">
        <p className="small quiet">{kinds[question.kind]}</p>
        <h2 ref={heading} tabIndex={-1}>
          {question.text}
        </h2>
        <details key={question.id}>
          <summary>What they want to know, and tips</summary>
          <div className="prose">
            <p>{question.why}</p>
            <ul>
              {question.tips.map((tip) => (
                <li key={tip}>{tip}</li>
              ))}
            </ul>
          </div>
        </details>
      </div>
      <AnswerForm key={question.id} careerId={kept.career.id} question={question} practised={kept.practised[question.id]} />
      <nav className="actions" aria-label="Questions">
        <button type="button" className="button" disabled={index === 0} onClick={() => go(index - 1)}>
          <Icon name="back" /> Back
        </button>
        <button type="button" className="button" disabled={index + 1 >= kept.questions.length} onClick={() => go(index + 1)}>
          Next question <Icon name="arrow" />
        </button>
      </nav>
    </section>
  );
}
