import { count } from "../careers/words";
import { answers, conversation, drafts, interview, plans, preferences, profile, resume, saved, skills } from "../stored/documents";
import { useStored } from "../stored/store";

/** What there is, in words one can count. */
export function Kept() {
  const answered = Object.keys(useStored(answers).values).length;
  const code = useStored(profile)?.code;
  const careers = useStored(saved).length;
  const own = useStored(skills).filter(({ level }) => level > 0).length;
  const wishes = useStored(preferences);
  const made = Object.keys(useStored(plans)).length;
  const read = useStored(resume);
  const practised = useStored(interview);
  const messages = useStored(conversation).length;
  const unsent = useStored(drafts).chat ? "words not yet sent" : "";
  const wished = (wishes.educationMax ? 1 : 0) + (wishes.payMin ? 1 : 0) + (wishes.growth.length ? 1 : 0) + wishes.fields.length + Object.values(wishes.context).filter(Boolean).length;
  const rows: [string, string][] = [
    ["Assessment", [answered ? count(answered, "answer") : "", code ? `result ${code}` : ""].filter(Boolean).join(", ")],
    ["Careers saved", careers ? count(careers, "career") : ""],
    ["Skills", own ? String(own) : ""],
    ["Wishes", wished ? String(wished) : ""],
    ["Learning plans", made ? String(made) : ""],
    ["Résumé", read ? `${read.name}, ${count(read.words, "word")}` : ""],
    ["Interview practice", practised ? `${practised.career.title}, ${count(Object.keys(practised.practised).length, "answer")}` : ""],
    ["Conversation", [messages ? count(messages, "message") : "", unsent].filter(Boolean).join(", ")],
  ];
  return (
    <section className="stack" aria-labelledby="kept">
      <h2 id="kept">What is kept</h2>
      <dl className="kept numbers">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={value ? "" : "quiet"}>{value || "nothing"}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
