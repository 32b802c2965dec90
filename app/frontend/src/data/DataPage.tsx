import { useState } from "react";
import { forgetAnswers } from "../api/useAnswer";
import { Page } from "../app/Page";
import { exportAll, importAll, removeAll } from "../stored/store";
import { ConfirmButton } from "../ui/ConfirmButton";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import "./data.css";
import { Kept } from "./Kept";
import { ThemeChoice } from "./ThemeChoice";

/** Larger than all that the app can keep, small enough to read at once. */
const mostImported = 8 * 1024 * 1024;

function download() {
  const address = URL.createObjectURL(new Blob([exportAll()], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `counsellor-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export default function DataPage() {
  const [said, setSaid] = useState<{ tone: "good" | "bad"; title: string; text: string }>();

  async function take(file: File) {
    try {
      if (file.size > mostImported) throw new Error("This file is larger than any export of this app.");
      const kept = importAll(await file.text());
      forgetAnswers();
      setSaid(
        kept
          ? { tone: "good", title: "Your data is here", text: `What “${file.name}” holds has taken the place of what was kept.` }
          : { tone: "bad", title: "Your data is here, until you close this page", text: "The storage of this browser is full or switched off. Keep the file." },
      );
    } catch (error) {
      setSaid({ tone: "bad", title: "That file was not taken", text: error instanceof Error ? error.message : "It cannot be read." });
    }
  }

  return (
    <Page title="Your data" lead="It lies in this browser, on this device. There is no account, and the service keeps nothing about you.">
      <Kept />
      <section className="stack" aria-labelledby="hand">
        <h2 id="hand">In your hands</h2>
        <p>An export is a file with all of it. Import it on another device, or keep it before you clear this browser.</p>
        <div className="actions">
          <button
            type="button"
            className="button strong"
            onClick={() => {
              download();
              setSaid({ tone: "good", title: "Exported", text: "The file is among your downloads." });
            }}
          >
            <Icon name="download" /> Export
          </button>
          <span className="import">
            <input
              id="import"
              type="file"
              accept="application/json,.json"
              onChange={({ target }) => {
                const file = target.files?.[0];
                if (file) void take(file);
                target.value = "";
              }}
            />
            <label htmlFor="import" className="button">
              <Icon name="upload" /> Import
            </label>
          </span>
          <ConfirmButton
            label="Delete everything"
            question="Delete all of it, for good?"
            yes="Delete it"
            act={() => {
              removeAll();
              forgetAnswers();
              setSaid({ tone: "good", title: "Deleted", text: "This browser keeps nothing of yours for this app any more." });
            }}
          />
        </div>
        <div role="status">
          {said && (
            <Notice tone={said.tone} title={said.title}>
              <p>{said.text}</p>
            </Notice>
          )}
        </div>
      </section>
      <section className="stack" aria-labelledby="leaves">
        <h2 id="leaves">What leaves this browser, and when</h2>
        <ul className="prose">
          <li>Your answers, wishes and skill levels, when you ask for a result, matches or a plan. They are counted with and forgotten.</li>
          <li>Your résumé, when you have it reviewed. It is read in memory and not kept.</li>
          <li>
            Your messages, what you ticked under “What the counsellor sees”, a résumé for written feedback and interview answers, when you ask for them. These go on to OpenAI’s model, which answers, under
            OpenAI’s terms.
          </li>
          <li>As with any website, its operators see that an address asked for a page. No cookies, no counting of visits, nothing from other sites.</li>
        </ul>
      </section>
      <ThemeChoice />
    </Page>
  );
}
