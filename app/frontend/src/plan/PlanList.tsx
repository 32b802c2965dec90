import { Page } from "../app/Page";
import { Link, navigate } from "../app/router";
import { CareerPicker } from "../careers/CareerPicker";
import { count } from "../careers/words";
import { type KeptPlan, plans, saved } from "../stored/documents";
import { useStored } from "../stored/store";
import "./plan.css";

export const reachedOf = ({ plan, done }: KeptPlan): number => plan.milestones.filter(({ number }) => done[number]).length;

export default function PlanList() {
  const made = Object.values(useStored(plans));
  const kept = useStored(saved).filter(({ id }) => !made.some(({ plan }) => plan.career.id === id));
  return (
    <Page title="Learning plan" lead="Hold what you can do against what a career asks for, and get milestones that close the gap.">
      {made.length > 0 && (
        <section className="stack" aria-labelledby="made">
          <h2 id="made">Your plans</h2>
          <ul className="columns plain">
            {made.map((one) => {
              const { career, milestones, totalWeeks } = one.plan;
              return (
                <li key={career.id} className="card">
                  <h3>
                    <Link to={`/plan/${career.id}`}>{career.title}</Link>
                  </h3>
                  <progress max={Math.max(1, milestones.length)} value={reachedOf(one)} aria-label={`${career.title}: milestones reached`} />
                  <p className="small quiet numbers">
                    {reachedOf(one)} of {count(milestones.length, "milestone")} reached; {count(totalWeeks, "week")} in all
                  </p>
                </li>
              );
            })}
          </ul>
        </section>
      )}
      <section className="stack narrow" aria-labelledby="new-plan">
        <h2 id="new-plan">{made.length > 0 ? "Another plan" : "Which career is it for?"}</h2>
        {kept.length > 0 && (
          <div className="actions">
            {kept.slice(0, 8).map(({ id, title }) => (
              <Link key={id} to={`/plan/${id}`} className="button">
                {title}
              </Link>
            ))}
          </div>
        )}
        <CareerPicker label="Career" none="Choose one" value="" choose={(id) => id && navigate(`/plan/${id}`)} />
      </section>
    </Page>
  );
}
