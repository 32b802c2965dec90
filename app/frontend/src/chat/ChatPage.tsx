import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { type Counselled, useCounsel } from "../api/useCounsel";
import { Page } from "../app/Page";
import { Link, usePlace } from "../app/router";
import { useConfig } from "../app/useConfig";
import { conversation, type Message } from "../stored/documents";
import { read, update, useStored, write } from "../stored/store";
import { ConfirmButton } from "../ui/ConfirmButton";
import { focusSoon } from "../ui/focus";
import { Notice } from "../ui/Notice";
import { Answer } from "./Answer";
import "./chat.css";
import { Composer } from "./Composer";
import { chatRequest } from "./request";
import { SharingForm } from "./SharingForm";
import { Starters } from "./Starters";
import { useFollow } from "./useFollow";

const mostKept = 200;
const saidFor = 20_000; // milliseconds

function answerOf(got: Counselled): Message {
  return { role: "assistant", content: got.text.slice(0, 30_000), ending: got.ending ?? "stopped", careers: got.careers, notices: got.notices };
}

/** An answer belongs below its question, whatever another tab did to the conversation meanwhile: forgotten with it, it is not kept either. */
function withAnswer(all: readonly Message[], question: string, answer: Message): Message[] {
  const at = all.findLastIndex(({ role, content }) => role === "user" && content === question);
  return at < 0 ? [...all] : [...all.slice(0, at + 1), answer, ...all.slice(at + 1)].slice(-mostKept);
}

export default function ChatPage() {
  const { query } = usePlace();
  const career = /^[a-z0-9-]{2,60}$/.exec(query.get("career") ?? "")?.[0] ?? "";
  const title = useAnswer(career ? `career/${career}` : "", (signal) => api.career(career, signal)).value?.title ?? "";
  const messages = useStored(conversation);
  const { value: config } = useConfig();
  const [error, setError] = useState<unknown>();
  // Read out when an answer is complete; while it streams, a screen reader would stumble over every word.
  const [said, setSaid] = useState("");
  useEffect(() => {
    // Once it is read out, it would only be there twice.
    const timer = said ? setTimeout(() => setSaid(""), saidFor) : undefined;
    return () => clearTimeout(timer);
  }, [said]);
  const question = useRef("");
  const { got, running, start, stop } = useCounsel((end) => {
    setError(end.error);
    setSaid(spoken(end));
    update(conversation, (old) => withAnswer(old, question.current, answerOf(end)));
  });
  const { end, follow } = useFollow(`${messages.length} ${got.text.length} ${running}`, messages.length > 0);

  function send(text: string) {
    update(conversation, (old) => [...old, { role: "user" as const, content: text, ending: "" as const, careers: [], notices: [] }].slice(-mostKept));
    ask();
    focusSoon("#message");
  }

  function ask() {
    setError(undefined);
    setSaid("");
    follow();
    question.current = read(conversation).findLast(({ role }) => role === "user")?.content ?? "";
    void start("/api/chat", chatRequest(career, config?.limits));
  }

  /** Asks the last question again; the answer so far makes way. */
  function again() {
    const all = read(conversation);
    if (all.at(-1)?.role === "assistant") write(conversation, all.slice(0, -1));
    ask();
    focusSoon("#message");
  }

  const unanswered = !running && messages.at(-1)?.role === "user";
  return (
    <Page title="Talk it over" lead="A counsellor that knows the careers here, and of you only what you choose to share. It can be wrong; decide for yourself.">
      {config && !config.model.available && (
        <Notice tone="mark" title={config.model.reason === "failing" ? "The counsellor cannot be reached just now" : "The counsellor’s model is not connected here"}>
          <p>
            {config.model.reason === "failing" ? "Its service is failing; try again in a few minutes." : "Without its key there are no answers."} The assessment, matches, plans, résumé checks and interview
            questions work without it. <Link to="/available">What works here</Link>
          </p>
        </Notice>
      )}
      <div className="beside chat">
        <section className="talk" aria-label="Conversation">
          {messages.length === 0 && !running && <Starters career={title} choose={send} />}
          <ol className="messages plain">
            {messages.map((message, i) => (
              <li key={i} className={message.role}>
                <h2 className="unseen">{message.role === "user" ? "You" : "Counsellor"}</h2>
                {message.role === "user" ? (
                  <p className="said">{message.content}</p>
                ) : (
                  <Answer message={message} error={i === messages.length - 1 ? error : undefined} retry={i === messages.length - 1 && !running ? again : undefined} />
                )}
              </li>
            ))}
            {running && (
              <li className="assistant">
                <h2 className="unseen">Counsellor</h2>
                <Answer message={answerOf(got)} writing />
              </li>
            )}
          </ol>
          <div ref={end} />
          {unanswered && (
            <Notice title="This has no answer yet">
              <button type="button" className="button" onClick={ask}>
                Ask again
              </button>
            </Notice>
          )}
          <p className="unseen" role="status">
            {running ? "The counsellor is answering." : said}
          </p>
          <Composer running={running} limit={config?.limits.messageCharacters ?? 4000} send={send} stop={stop} />
          {messages.length > 0 && !running && (
            <div className="actions">
              <ConfirmButton
                quiet
                label="Begin a new conversation"
                question="Forget this conversation?"
                yes="Forget it"
                act={() => {
                  write(conversation, []);
                  focusSoon("#message");
                }}
              />
            </div>
          )}
        </section>
        <SharingForm career={title} />
      </div>
    </Page>
  );
}

function spoken({ text, ending }: Counselled): string {
  if (!text || ending === "cut" || ending === "failed") return "";
  return `The counsellor answered: ${text.replace(/[*_`#>]|\]\([^)]*\)|\[/g, "")}`;
}
