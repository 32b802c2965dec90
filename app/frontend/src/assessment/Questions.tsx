import { useState } from "react";
import { api, type Items } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { useLeaving } from "../api/useLeaving";
import { Page } from "../app/Page";
import { navigate } from "../app/router";
import { answers, profile } from "../stored/documents";
import { read, update, useStored, write } from "../stored/store";
import { Failure, Notice, Waiting } from "../ui/Notice";
import "./assessment.css";
import { Question } from "./Question";

export default function Questions() {
  const { value: items, error, waiting, retry } = useAnswer("assessment/items", api.items);
  return (
    <Page title="How much would you like to …">
      {waiting && <Waiting>Fetching the statements …</Waiting>}
      {error !== undefined && <Failure error={error} retry={retry} />}
      {items && <Asking items={items} />}
    </Page>
  );
}

type Answers = (typeof answers)["initial"];

function ofVersion(stored: Answers, version: string): Answers {
  return stored.version === version ? stored : { version, at: 0, values: {} };
}

function Asking({ items: { items, scale, version } }: { items: Items }) {
  const stored = useStored(answers);
  // Answers to other statements say nothing about these.
  const { at, values } = ofVersion(stored, version);
  const [open, setOpen] = useState(0);
  const [scoring, setScoring] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const leaving = useLeaving();
  const index = Math.min(at, items.length - 1);
  const item = items[index];
  if (!item) return null;
  const answered = items.filter(({ id }) => values[id] !== undefined).length;

  function goTo(next: number) {
    setOpen(0);
    update(answers, (old) => ({ ...ofVersion(old, version), at: Math.max(0, Math.min(items.length - 1, next)) }));
  }

  function answer(value: number) {
    if (!item) return;
    update(answers, (old) => ({ version, at: index, values: { ...ofVersion(old, version).values, [item.id]: value } }));
    if (index + 1 < items.length) goTo(index + 1);
    else void finish();
  }

  async function finish() {
    const given = ofVersion(read(answers), version).values;
    const missing = items.filter(({ id }) => given[id] === undefined).length;
    if (missing > 0) {
      setOpen(missing);
      return;
    }
    setScoring(true);
    setFailure(undefined);
    const signal = leaving();
    try {
      const result = await api.score({ version, answers: Object.fromEntries(items.map(({ id }) => [id, given[id] as number])) }, signal);
      write(profile, { ...result, taken: new Date().toISOString() });
      navigate("/assessment/result");
    } catch (error) {
      if (signal.aborted) return;
      setFailure(error);
      setScoring(false);
    }
  }

  return (
    <div className="asking">
      <div className="how-far">
        <label className="numbers" htmlFor="how-far">
          {index + 1} of {items.length}
        </label>
        <progress id="how-far" max={items.length} value={answered} aria-label={`${answered} of ${items.length} answered`} />
        <span className="quiet small numbers">{answered} answered</span>
      </div>
      <Question
        key={item.id}
        text={item.text}
        position={`Statement ${index + 1} of ${items.length}`}
        scale={scale}
        value={values[item.id]}
        answer={answer}
        back={index > 0 ? () => goTo(index - 1) : undefined}
        next={index + 1 < items.length ? () => goTo(index + 1) : undefined}
        finish={answered >= items.length || index + 1 === items.length ? () => void finish() : undefined}
      />
      {open > 0 && (
        <div role="alert">
          <Notice tone="mark" title={open === 1 ? "One statement is still open" : `${open} statements are still open`}>
            <button type="button" className="button" onClick={() => goTo(items.findIndex(({ id }) => values[id] === undefined))}>
              Go to the first of them
            </button>
          </Notice>
        </div>
      )}
      {scoring && <Waiting>Adding up …</Waiting>}
      {failure !== undefined && <Failure error={failure} retry={() => void finish()} />}
    </div>
  );
}
