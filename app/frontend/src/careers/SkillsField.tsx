import { useId, useRef, useState } from "react";
import { skills } from "../stored/documents";
import { update, useStored } from "../stored/store";
import { Icon } from "../ui/Icon";

const most = 60;

/** The skills that one says one has; the same list wherever it is asked for. */
export function SkillsField() {
  const field = useId();
  const list = useStored(skills).filter(({ level }) => level > 0);
  const [typed, setTyped] = useState("");
  const input = useRef<HTMLInputElement>(null);

  function remove(name: string) {
    update(skills, (old) => old.filter((one) => one.name !== name));
    input.current?.focus();
  }

  function add() {
    const names = typed
      .split(",")
      .map((name) => name.trim().slice(0, 60))
      .filter(Boolean);
    if (names.length === 0) return;
    update(skills, (old) => {
      const others = old.filter(({ name }) => !names.some((one) => one.toLowerCase() === name.toLowerCase()));
      return [...others, ...names.map((name) => ({ name, level: 3 }))].slice(0, most);
    });
    setTyped("");
  }

  return (
    <div className="field">
      <label htmlFor={field}>Skills you have</label>
      <div className="with-button">
        <input
          ref={input}
          id={field}
          type="text"
          value={typed}
          maxLength={300}
          placeholder="e.g. teaching, spreadsheets"
          autoComplete="off"
          onChange={({ target }) => setTyped(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" className="button" onClick={add}>
          Add
        </button>
      </div>
      {list.length > 0 && (
        <ul className="tags" aria-label="Your skills">
          {list.map(({ name }) => (
            <li key={name} className="tag removable">
              {name}
              <button type="button" onClick={() => remove(name)}>
                <Icon name="close" />
                <span className="unseen">Remove {name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
