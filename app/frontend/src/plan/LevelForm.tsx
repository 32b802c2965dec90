import { useState } from "react";
import type { Career } from "../api/client";
import { levelWords } from "../careers/words";
import { skills } from "../stored/documents";
import { useStored } from "../stored/store";

interface Props {
  career: Career;
  hours: number;
  busy: boolean;
  make: (levels: Record<string, number>, hoursPerWeek: number) => void;
}

/** How well one knows each skill that the career asks for. What was said before, for any career, is filled in. */
export function LevelForm({ career, hours, busy, make }: Props) {
  const own = useStored(skills);
  const before = (name: string) => own.find((one) => one.name.toLowerCase() === name.toLowerCase())?.level ?? 0;
  const [levels, setLevels] = useState(() => Object.fromEntries(career.skillLevels.map(({ name }) => [name, before(name)])));
  const [hoursPerWeek, setHours] = useState(hours);

  return (
    <form
      className="stack loose narrow"
      onSubmit={(event) => {
        event.preventDefault();
        make(levels, hoursPerWeek);
      }}
    >
      <p>Where are you today? A guess is enough; you can change it at any time.</p>
      <div className="levels">
        {career.skillLevels.map(({ name, level }) => (
          <fieldset key={name}>
            <legend>
              {name} <span className="small quiet">needed: {level}, {levelWords[level]}</span>
            </legend>
            <div className="steps">
              {levelWords.map((words, value) => (
                <label key={words}>
                  <input type="radio" name={name} checked={levels[name] === value} onChange={() => setLevels({ ...levels, [name]: value })} />
                  <span>
                    {value} {words}
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
        ))}
      </div>
      <div className="field hours">
        <label htmlFor="hours">Hours a week for learning</label>
        <select id="hours" value={hoursPerWeek} onChange={({ target }) => setHours(Number(target.value))}>
          {[2, 4, 6, 8, 10, 15, 20, 30, 40].map((n) => (
            <option key={n} value={n}>
              {n} hours
            </option>
          ))}
        </select>
      </div>
      <div className="actions">
        <button type="submit" className="button strong" disabled={busy}>
          {busy ? "Making the plan …" : "Make the plan"}
        </button>
      </div>
    </form>
  );
}
