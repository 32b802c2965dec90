import { useId } from "react";
import { allCareers } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { saved } from "../stored/documents";
import { useStored } from "../stored/store";
import { Failure } from "../ui/Notice";

interface Props {
  label: string;
  hint?: string;
  value: string;
  /** What stands for no choice. */
  none: string;
  choose: (id: string, title: string) => void;
}

/** A native list: it works by keyboard, by typing a title's first letters, and on phones. What one has saved comes first. */
export function CareerPicker({ label, hint, value, none, choose }: Props) {
  const field = useId();
  const kept = useStored(saved);
  const { value: careers, error, waiting, retry } = useAnswer("careers/all", allCareers);
  if (error) return <Failure error={error} retry={retry} />;

  const groups = new Map<string, { id: string; title: string }[]>();
  for (const career of careers ?? []) groups.set(career.fieldLabel, [...(groups.get(career.fieldLabel) ?? []), career]);
  const titles = new Map([...(careers ?? []), ...kept].map((career) => [career.id, career.title]));

  return (
    <div className="field">
      <label htmlFor={field}>{label}</label>
      <select id={field} value={titles.has(value) ? value : ""} aria-describedby={hint ? `${field}-hint` : undefined} onChange={(event) => choose(event.target.value, titles.get(event.target.value) ?? "")}>
        <option value="">{waiting ? "Reading the careers …" : none}</option>
        {kept.length > 0 && (
          <optgroup label="Saved by you">
            {kept.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </optgroup>
        )}
        {[...groups].sort().map(([name, members]) => (
          <optgroup key={name} label={name}>
            {members
              .filter(({ id }) => !kept.some((one) => one.id === id))
              .map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      {hint && (
        <p className="small quiet" id={`${field}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
