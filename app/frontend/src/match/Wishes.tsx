import { useState } from "react";
import type { Growth } from "../api/client";
import { useConfig } from "../app/useConfig";
import { SkillsField } from "../careers/SkillsField";
import { contextSides, contextWords, dollars, growthWords } from "../careers/words";
import { noPreferences, preferences } from "../stored/documents";
import { update, useStored, write } from "../stored/store";

const pays = [30_000, 40_000, 50_000, 60_000, 80_000, 100_000, 130_000];

const isGrowth = (value: string): value is Growth => value in growthWords;

/** What one would like of a job besides its kind of work. Every change is kept and matched at once. */
export function Wishes() {
  const wishes = useStored(preferences);
  const { value: config } = useConfig();
  const set = (change: Partial<typeof wishes>) => update(preferences, (old) => ({ ...old, ...change }));
  // Beside the matches where there is room; above them and closed where there is not.
  const [open] = useState(() => window.matchMedia?.("(min-width: 68rem)").matches ?? true);
  const good: Growth[] = ["growing", "growing fast"];

  return (
    <aside className="card wishes" aria-label="Your wishes">
      <details open={open}>
        <summary>Your wishes</summary>
        <div className="stack">
      <div className="field">
        <label htmlFor="wish-education">Schooling, at most</label>
        <select
          id="wish-education"
          value={wishes.educationMax}
          onChange={({ target }) => set({ educationMax: (config?.educationLevels.find(({ id }) => id === target.value)?.id ?? "") as typeof wishes.educationMax })}
        >
          <option value="">Any</option>
          {config?.educationLevels.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="wish-pay">Middle pay, at least</label>
        <select id="wish-pay" value={wishes.payMin || ""} onChange={({ target }) => set({ payMin: Number(target.value) })}>
          <option value="">Any</option>
          {pays.map((pay) => (
            <option key={pay} value={pay}>
              {dollars(pay)}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="wish-field">A field that you like</label>
        <select id="wish-field" value={wishes.fields[0] ?? ""} onChange={({ target }) => set({ fields: target.value ? [target.value] : [] })}>
          <option value="">Any</option>
          {config?.fields.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <label className="tick">
        <input type="checkbox" checked={wishes.growth.length > 0} onChange={({ target }) => set({ growth: target.checked ? good.filter(isGrowth) : [] })} />
        Only with a growing outlook
      </label>
      <details>
        <summary>How the work should be</summary>
        {contextSides.map((side) => (
          <fieldset key={side} className="side">
            <legend>{contextWords[side]}</legend>
            {(
              [
                [-1, "Rather not"],
                [0, "Either"],
                [1, "Gladly"],
              ] as const
            ).map(([value, label]) => (
              <label key={value}>
                <input type="radio" name={`side-${side}`} checked={(wishes.context[side] ?? 0) === value} onChange={() => set({ context: { ...wishes.context, [side]: value } })} />
                <span>{label}</span>
              </label>
            ))}
          </fieldset>
        ))}
      </details>
      <SkillsField />
      <label className="tick">
        <input type="checkbox" checked={wishes.strict} onChange={({ target }) => set({ strict: target.checked })} />
        Leave out what does not meet them
      </label>
      <button type="button" className="button" onClick={() => write(preferences, noPreferences)}>
        No wishes
      </button>
        </div>
      </details>
    </aside>
  );
}
