import { useId, useRef, useState } from "react";
import { useCounsel } from "../api/useCounsel";
import { useConfig } from "../app/useConfig";
import { count } from "../careers/words";
import { Markdown } from "../markdown/Markdown";
import { drafts, type KeptInterview, interview } from "../stored/documents";
import { read, update } from "../stored/store";
import { Checks } from "../ui/Checks";
import { EndingNotice, ServiceNotice } from "../ui/Counsel";
import { Icon } from "../ui/Icon";
import { Waiting } from "../ui/Notice";

interface Props {
  careerId: string;
  question: KeptInterview["questions"][number];
  practised: KeptInterview["practised"][string] | undefined;
}

const usualLimit = 6000;

export function AnswerForm({ careerId, question, practised }: Props) {
  const field = useId();
  const { value: config } = useConfig();
  const draft = `interview/${question.id}`;
  const [answer, setAnswer] = useState(() => read(drafts)[draft] ?? practised?.answer ?? "");
  /** What the feedback is about, whatever is written while it comes. */
  const sent = useRef("");
  const [missing, setMissing] = useState(false);
  const { got, running, start, stop } = useCounsel(({ text, checks }) => {
    if (checks) {
      const found = checks.map((check) => ({ ...check, advice: check.advice ?? "", evidence: check.evidence ?? [] }));
      update(interview, (old) => old && { ...old, practised: { ...old.practised, [question.id]: { answer: sent.current, checks: found, feedback: text.slice(0, 30_000) } } });
    }
  });
  const limit = Math.min(config?.limits.answerCharacters ?? usualLimit, usualLimit);
  const fresh = running || got.ending !== null;
  const checks = fresh ? got.checks : (practised?.checks ?? null);
  const text = fresh ? got.text : (practised?.feedback ?? "");
  const words = answer.trim().split(/\s+/).filter(Boolean).length;

  function ask() {
    const trimmed = answer.trim();
    setMissing(trimmed === "");
    if (!trimmed) return;
    sent.current = trimmed;
    void start("/api/interview/feedback", { careerId, question: question.text.slice(0, 500), answer: trimmed });
  }

  return (
    <div className="stack loose">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <div className="field">
          <label htmlFor={field}>Your answer</label>
          <textarea
            id={field}
            rows={8}
            maxLength={limit}
            value={answer}
            aria-invalid={missing || undefined}
            aria-describedby={`${field}-hint`}
            onChange={({ target }) => {
              setAnswer(target.value);
              update(drafts, (old) => ({ ...old, [draft]: target.value }));
            }}
          />
          <p className="small quiet numbers" id={`${field}-hint`}>
            {count(words, "word")}. Spoken answers of one to two minutes have 120 to 250.
          </p>
        </div>
        {missing && (
          <p role="alert" className="wrong">
            Write an answer first, however short.
          </p>
        )}
        <div className="actions">
          {running ? (
            <button type="button" className="button" onClick={(event) => event.detail < 2 && stop()}>
              <Icon name="stop" /> Stop
            </button>
          ) : (
            <button type="submit" className="button strong">
              {checks ? "Look at it again" : "Get feedback"}
            </button>
          )}
          {config && !config.model.available && <span className="small quiet">Checked by rules; the counsellor’s model is not connected.</span>}
        </div>
      </form>
      <span className="unseen" role="status">
        {running ? "Feedback is being written." : got.ending && got.ending !== "failed" ? "Feedback is complete." : ""}
      </span>
      {(checks || text || running || got.ending) && (
        <section className="stack" aria-label="Feedback">
          <h3>Feedback</h3>
          {checks && <Checks checks={checks} />}
          {text && <Markdown text={text} />}
          {got.notices.map((notice) => (
            <ServiceNotice key={notice.title} notice={notice} />
          ))}
          {running && !text && <Waiting>Reading your answer …</Waiting>}
          {got.ending && <EndingNotice ending={got.ending} error={got.error} retry={ask} />}
        </section>
      )}
    </div>
  );
}
