import { useState } from "react";
import { api } from "../api/client";
import { useLeaving } from "../api/useLeaving";
import { Page } from "../app/Page";
import { usePlace } from "../app/router";
import { CareerPicker } from "../careers/CareerPicker";
import { drafts, interview } from "../stored/documents";
import { update, useStored, write } from "../stored/store";
import { ConfirmButton } from "../ui/ConfirmButton";
import { focusSoon } from "../ui/focus";
import { Failure } from "../ui/Notice";
import "./interview.css";
import { Practice } from "./Practice";

const questionCount = 6;
const mostSeeds = 2 ** 31 - 1;

export default function InterviewPage() {
  const { query } = usePlace();
  const kept = useStored(interview);
  const wanted = query.get("career") ?? "";
  const other = wanted !== "" && wanted !== kept?.career.id;
  const [anew, setAnew] = useState(other);

  function back() {
    setAnew(false);
    focusSoon(".asked h2, h1");
  }

  return (
    <Page title="Interview practice" lead="Questions made for the very job, one at a time. Answer in writing; say it aloud first, if you can.">
      {kept && !anew ? (
        <>
          <Practice key={kept.started} kept={kept} />
          <div className="actions">
            <button
              type="button"
              className="button"
              onClick={() => {
                setAnew(true);
                focusSoon("form select, h1");
              }}
            >
              Other questions, or another career
            </button>
            <ConfirmButton
              quiet
              label="Forget this practice"
              question="Forget the questions and your answers?"
              yes="Forget them"
              act={() => {
                forget();
                focusSoon("h1");
              }}
            />
          </div>
        </>
      ) : (
        <Begin first={wanted || kept?.career.id || ""} begun={back} cancel={kept ? back : undefined} />
      )}
    </Page>
  );
}

/** Answers that were begun belong to the questions that go. */
function forgetDrafts() {
  update(drafts, (old) => Object.fromEntries(Object.entries(old).filter(([where]) => !where.startsWith("interview/"))));
}

function forget() {
  forgetDrafts();
  write(interview, null);
}

function Begin({ first, begun, cancel }: { first: string; begun: () => void; cancel: (() => void) | undefined }) {
  const [careerId, setCareerId] = useState(first);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);
  const [error, setError] = useState<unknown>();
  const leaving = useLeaving();

  async function begin() {
    setMissing(careerId === "");
    if (careerId === "") return;
    setBusy(true);
    setError(undefined);
    const seed = Math.floor(Math.random() * mostSeeds);
    const signal = leaving();
    try {
      const { career, questions } = await api.interview({ careerId, count: questionCount, seed }, signal);
      forgetDrafts();
      write(interview, {
        started: new Date().toISOString(),
        seed,
        at: 0,
        career: { id: career.id, title: career.title },
        questions: questions.map(({ id, kind, text, why, tips }) => ({ id, kind, text, why, tips })),
        practised: {},
      });
      begun();
    } catch (failure) {
      if (signal.aborted) return;
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <form
      className="stack narrow-form"
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <CareerPicker label="Which job is it for?" none="Choose a career" value={careerId} choose={setCareerId} />
      {missing && (
        <p role="alert" className="wrong">
          Choose a career first.
        </p>
      )}
      {error !== undefined && <Failure error={error} />}
      <div className="actions">
        <button type="submit" className="button strong" disabled={busy}>
          {busy ? "Thinking up questions …" : `Begin with ${questionCount} questions`}
        </button>
        {cancel && (
          <button type="button" className="button bare" onClick={cancel}>
            Back to the last practice
          </button>
        )}
      </div>
    </form>
  );
}
