import { useRef, useState } from "react";
import { Icon } from "../ui/Icon";

interface Props {
  running: boolean;
  limit: number;
  send: (text: string) => void;
  stop: () => void;
}

export function Composer({ running, limit, send, stop }: Props) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const left = limit - text.length;

  function submit() {
    const trimmed = text.trim();
    if (!trimmed || running) {
      field.current?.focus();
      return;
    }
    setText("");
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
        maxLength={limit}
        placeholder="Ask, or tell what is on your mind"
        aria-describedby="message-hint"
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          // Enter also ends a word in Chinese, Japanese or Korean: not while one is composed.
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            submit();
          }
        }}
      />
      {running ? (
        <button type="button" className="button" onClick={stop}>
          <Icon name="stop" /> Stop
        </button>
      ) : (
        <button type="submit" className="button strong">
          <Icon name="send" /> Send
        </button>
      )}
      <p className="small quiet numbers" id="message-hint">
        {left < 200 ? `${left} characters left` : "Enter sends, Shift and Enter begins a line."}
      </p>
    </form>
  );
}
