import { Link } from "../app/router";
import { count } from "../careers/words";
import { profile, resume, saved, type Sharing, sharing, skills } from "../stored/documents";
import { update, useStored } from "../stored/store";

interface Choice {
  name: "scores" | "saved" | "skills" | "resume";
  label: string;
  /** What there is to share; empty when there is nothing yet. */
  have: string;
  to: string;
  make: string;
}

function useChoices(): Choice[] {
  const kept = useStored(profile);
  const list = useStored(saved).length;
  const own = useStored(skills).filter(({ level }) => level > 0).length;
  const read = useStored(resume);
  return [
    { name: "scores", label: "My interests", have: kept ? `${kept.code || "no code yet"}, with its scores` : "", to: "/assessment", make: "Find them" },
    { name: "saved", label: "Careers I saved", have: list ? count(list, "career") : "", to: "/careers", make: "Save some" },
    { name: "skills", label: "My skills", have: own ? count(own, "skill") : "", to: "/matches", make: "Name some" },
    { name: "resume", label: "My résumé’s text", have: read ? count(read.words, "word") : "", to: "/resume", make: "Have it read" },
  ];
}

/** What goes to the counsellor besides the words of the conversation. Nothing, until it is ticked. */
export function SharingForm({ career }: { career: string }) {
  const chosen = useStored(sharing);
  const set = (change: Partial<Sharing>) => update(sharing, (old) => ({ ...old, ...change }));
  return (
    <aside className="card sharing" aria-labelledby="sharing">
      <h2 id="sharing">What the counsellor sees</h2>
      <p className="small quiet">Your messages{career && `, that you came from “${career}”`}, and what you tick here.</p>
      <ul className="plain">
        {useChoices().map(({ name, label, have, to, make }) => (
          <li key={name}>
            <label className="tick">
              <input type="checkbox" checked={chosen[name] && have !== ""} disabled={have === ""} onChange={({ target }) => set({ [name]: target.checked })} />
              <span>
                {label}
                {have && <span className="small quiet numbers"> ({have})</span>}
              </span>
            </label>
            {!have && (
              <Link to={to} className="small">
                {make}
              </Link>
            )}
          </li>
        ))}
      </ul>
      <div className="field">
        <label htmlFor="note">A note about me</label>
        <textarea id="note" rows={3} maxLength={1000} value={chosen.note} placeholder="e.g. I am 43, have two children, and cannot move" onChange={({ target }) => set({ note: target.value })} />
      </div>
      <p className="small quiet">It is sent with each message to the model that answers, and kept by this app nowhere but here.</p>
    </aside>
  );
}
