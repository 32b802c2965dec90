import { useRef, useState } from "react";
import { count } from "../careers/words";
import { drafts } from "../stored/documents";
import { read, update } from "../stored/store";
import { Icon } from "../ui/Icon";

interface Props {
  running: boolean;
  limit: number;
  send: (text: string) => void;
  stop: () => void;
}

const mostKept = 8000;
const tooMuch = "That is more than is read at once. Shorten it, or send it in parts.";

export function Composer({ running, limit, send, stop }: Props) {
  const [text, setText] = useState(() => read(drafts).chat ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const left = limit - text.trim().length;

  function type(words: string) {
    setText(words);
    update(drafts, ({ chat: _old, ...rest }) => (words ? { ...rest, chat: words.slice(0, mostKept) } : rest));
  }

  function submit() {
    const trimmed = text.trim();
    if (!trimmed || running || left < 0) {
      field.current?.focus();
      return;
    }
    type("");
    send(trimmed);
    field.current?.focus();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label htmlFor="message" className="unseen">
        Your message
      </label>
      <textarea
        ref={field}
        id="message"
        rows={2}
        value={text}
        aria-invalid={left < 0 || undefined}
        enterKeyHint="send"
        placeholder="Ask, or tell what is on your mind"
        aria-describedby="message-hint"
        onChange={({ target }) => type(target.value)}
        onKeyDown={(event) => {
          // Enter also ends a word in Chinese, Japanese or Korean: not while one is composed.
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            submit();
          }
        }}
      />
      {running ? (
        // A second click on "Send" lands here and is none.
        <button type="button" className="button" onClick={(event) => event.detail < 2 && stop()}>
          <Icon name="stop" /> Stop
        </button>
      ) : (
        <button type="submit" className="button strong">
          <Icon name="send" /> Send
        </button>
      )}
      <p className={left < 0 ? "small numbers wrong" : "small quiet numbers"} id="message-hint" role={left < 0 ? "alert" : undefined}>
        {left < 0 ? tooMuch : left < 200 ? `${count(left, "character")} left` : <span className="keys">Enter sends, Shift and Enter begins a line.</span>}
      </p>
    </form>
  );
}
