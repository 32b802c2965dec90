import { Link } from "../app/router";
import { count } from "../careers/words";
import { answers, conversation, interview, plans, profile, resume, saved } from "../stored/documents";
import { useStored } from "../stored/store";
import { Icon } from "../ui/Icon";

interface Step {
  to: string;
  title: string;
  text: string;
  done: string;
}

function useSteps(): Step[] {
  const begun = Object.keys(useStored(answers).values).length;
  const code = useStored(profile)?.code;
  const kept = useStored(saved).length;
  const made = Object.values(useStored(plans));
  const reached = made.reduce((sum, { done }) => sum + Object.values(done).filter(Boolean).length, 0);
  const all = made.reduce((sum, { plan }) => sum + plan.milestones.length, 0);
  const reviewed = useStored(resume);
  const practised = Object.keys(useStored(interview)?.practised ?? {}).length;
  const talked = useStored(conversation).filter(({ role }) => role === "user").length;
  return [
    { to: "/assessment", title: "Know your interests", text: "48 statements, about eight minutes, in your own time.", done: code ? `Yours: ${code}` : begun ? `${begun} of 48 answered` : "" },
    { to: "/matches", title: "See what fits, and why", text: "Careers ranked by your interests, wishes and skills, each with its reasons.", done: "" },
    { to: "/careers", title: "Look closer and compare", text: "Days, pay, schooling and outlook; up to four side by side.", done: kept ? `${count(kept, "career")} saved` : "" },
    { to: "/plan", title: "Plan how to get there", text: "What you know, what is asked for, and milestones to close the gap.", done: all ? `${reached} of ${count(all, "milestone")} reached` : "" },
    { to: "/resume", title: "Sharpen your résumé", text: "Checked for what readers and their software stumble over.", done: reviewed ? `Reviewed: ${reviewed.score} of 100` : "" },
    { to: "/interview", title: "Practise the interview", text: "Questions for the very job, your answers, and what to do better.", done: practised ? `${count(practised, "answer")} practised` : "" },
    { to: "/counsellor", title: "Talk it over", text: "A counsellor that knows the careers, and of you what you choose to share.", done: talked ? `${count(talked, "question")} asked` : "" },
  ];
}

/** The way through the app, and how far one has come. Every step can be the first. */
export function Path() {
  return (
    <section className="stack" aria-labelledby="path-title">
      <h2 id="path-title">One step at a time, in any order</h2>
      <ol className="path plain">
        {useSteps().map(({ to, title, text, done }) => (
          <li key={to} className={done ? "done" : ""}>
            <h3>
              <Link to={to}>{title}</Link> <Icon name="arrow" />
            </h3>
            <p>{text}</p>
            {done && <p className="state numbers">{done}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
