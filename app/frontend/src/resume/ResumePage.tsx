import { useEffect, useRef, useState } from "react";
import { api, type ResumeReview } from "../api/client";
import { Page } from "../app/Page";
import { useConfig } from "../app/useConfig";
import { CareerPicker } from "../careers/CareerPicker";
import { type KeptResume, resume } from "../stored/documents";
import { useStored, write } from "../stored/store";
import { ConfirmButton } from "../ui/ConfirmButton";
import { focusSoon } from "../ui/focus";
import { Failure, Notice, Waiting } from "../ui/Notice";
import { DropField } from "./DropField";
import { fitToSend } from "./files";
import "./resume.css";
import { Review } from "./Review";

const usualLimit = 2 * 1024 * 1024;

function keep(name: string, review: ResumeReview): KeptResume {
  const { document, text, score, checks, career } = review;
  return {
    name: name.slice(0, 300),
    when: new Date().toISOString(),
    kind: document.kind,
    words: document.words,
    pages: document.pages,
    truncated: document.truncated,
    text: text.slice(0, 200_000),
    score,
    checks: checks.map((check) => ({ ...check, advice: check.advice ?? "", evidence: check.evidence ?? [] })),
    career: career ?? null,
    feedback: "",
  };
}

export default function ResumePage() {
  const kept = useStored(resume);
  const { value: config } = useConfig();
  const [careerId, setCareerId] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [error, setError] = useState<unknown>();
  const last = useRef<File | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  async function review(file: File) {
    last.current = file;
    setError(undefined);
    const fit = fitToSend(file, config?.limits.resumeBytes ?? usualLimit);
    setRefusal("refusal" in fit ? fit.refusal : "");
    if ("refusal" in fit) return;
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    setBusy(true);
    try {
      const found = await api.review(file, fit.type, careerId, mine.signal);
      write(resume, keep(file.name, found));
      // The result comes above the form: it is what one waits for.
      focusSoon("#review");
    } catch (failure) {
      if (!mine.signal.aborted) setError(failure);
    }
    if (abort.current === mine) setBusy(false);
  }

  return (
    <Page title="Résumé review" lead="Sent once to be read and checked, then forgotten there. The result stays here, in your browser.">
      {kept && <Review key={kept.when} kept={kept} />}
      <section className="stack narrow" aria-labelledby="upload">
        <h2 id="upload" tabIndex={-1}>{kept ? "Review another version" : "Choose your résumé"}</h2>
        <CareerPicker label="Hold it against a career (if you like)" none="No career" value={careerId} choose={setCareerId} />
        <DropField busy={busy} chosen={(file) => void review(file)} most={config?.limits.resumeBytes ?? usualLimit} />
        {busy && (
          <div className="actions">
            <Waiting>Reading and checking it …</Waiting>
            <button
              type="button"
              className="button bare"
              onClick={() => {
                abort.current?.abort();
                setBusy(false);
              }}
            >
              Cancel
            </button>
          </div>
        )}
        {refusal && (
          <div role="alert">
            <Notice tone="bad" title="This file was not sent">
              <p>{refusal}</p>
            </Notice>
          </div>
        )}
        {error !== undefined && <Failure error={error} retry={last.current ? () => last.current && void review(last.current) : undefined} />}
        {kept && (
          <ConfirmButton
            quiet
            label="Forget my résumé"
            question="Forget the text and the findings?"
            yes="Forget them"
            act={() => {
              write(resume, null);
              focusSoon("#upload");
            }}
          />
        )}
      </section>
      {!kept && (
        <section className="stack narrow" aria-labelledby="looked-for">
          <h2 id="looked-for">What is looked for</h2>
          <ul>
            <li>Length, headings and lines that people and their software can skim</li>
            <li>A way to reach you, and dates for each post</li>
            <li>Points that begin with what you did, and results in figures</li>
            <li>Words of the career you choose, found and not found</li>
            <li>What employers should not ask, and need not be told</li>
          </ul>
          <p className="quiet">These checks need no language model. Written feedback, on top of them, comes only if you ask for it.</p>
        </section>
      )}
    </Page>
  );
}
