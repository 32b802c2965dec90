import { comparing, mostKept, type NamedCareer, saved } from "../stored/documents";
import { type Document, update, useStored } from "../stored/store";
import { Icon } from "../ui/Icon";

export const mostCompared = 4;

function toggle(of: Document<NamedCareer[]>, { id, title }: NamedCareer): void {
  update(of, (old) => (old.some((one) => one.id === id) ? old.filter((one) => one.id !== id) : [...old, { id, title }].slice(-mostKept)));
}

export function SaveButton({ career }: { career: NamedCareer }) {
  const kept = useStored(saved).some((one) => one.id === career.id);
  return (
    <button type="button" className="button" aria-pressed={kept} onClick={() => toggle(saved, career)}>
      <Icon name={kept ? "check" : "plus"} />
      {kept ? "Saved" : "Save"} <span className="unseen">{career.title}</span>
    </button>
  );
}

export function CompareButton({ career }: { career: NamedCareer }) {
  const list = useStored(comparing);
  const inList = list.some((one) => one.id === career.id);
  const full = !inList && list.length >= mostCompared;
  return (
    <button
      type="button"
      className="button"
      aria-pressed={inList}
      aria-disabled={full || undefined}
      title={full ? `At most ${mostCompared} can be compared at once` : undefined}
      onClick={() => {
        if (!full) toggle(comparing, career);
      }}
    >
      {inList ? "Comparing" : "Compare"} <span className="unseen">{career.title}</span>
    </button>
  );
}
