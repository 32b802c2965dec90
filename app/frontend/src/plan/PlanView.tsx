import { Link } from "../app/router";
import { count, levelWords } from "../careers/words";
import { type KeptPlan, plans } from "../stored/documents";
import { update } from "../stored/store";
import { Pips } from "../ui/Bar";
import { ConfirmButton } from "../ui/ConfirmButton";
import { focusSoon } from "../ui/focus";
import { Notice } from "../ui/Notice";
import { Milestone } from "./Milestone";
import { reachedOf } from "./PlanList";

export function PlanView({ kept, change }: { kept: KeptPlan; change: () => void }) {
  const { plan, done } = kept;
  const reached = reachedOf(kept);
  const next = plan.milestones.find(({ number }) => !done[number])?.number;
  const tick = (number: number, value: boolean) =>
    update(plans, (old) => {
      const mine = old[plan.career.id];
      return mine ? { ...old, [plan.career.id]: { ...mine, done: { ...mine.done, [number]: value } } } : old;
    });
  function remove() {
    update(plans, (old) => {
      const { [plan.career.id]: _gone, ...rest } = old;
      return rest;
    });
    focusSoon("h1");
  }

  return (
    <>
      <dl className="figures numbers">
        <div>
          <dt>Ready today</dt>
          <dd>{plan.readiness}%</dd>
        </div>
        <div>
          <dt>To learn</dt>
          <dd>{count(plan.totalHours, "hour")}</dd>
        </div>
        <div>
          <dt>At {count(plan.hoursPerWeek, "hour")} a week</dt>
          <dd>{count(plan.totalWeeks, "week")}</dd>
        </div>
      </dl>
      <div className="beside">
        <section className="stack" aria-labelledby="milestones">
          <h2 id="milestones" tabIndex={-1}>Milestones</h2>
          {plan.milestones.length === 0 ? (
            <p>By what you said, you know all of it already. Practise the interview next.</p>
          ) : (
            <>
              <p className="quiet numbers" role="status">
                {reached === plan.milestones.length ? "All reached. Well done." : `${reached} of ${plan.milestones.length} reached`}
              </p>
              <progress max={plan.milestones.length} value={reached} aria-label="Milestones reached" />
              <ol className="milestones plain">
                {plan.milestones.map((milestone) => (
                  <li key={milestone.number}>
                    <Milestone milestone={milestone} done={done[milestone.number] ?? false} next={milestone.number === next} tick={(value) => tick(milestone.number, value)} />
                  </li>
                ))}
              </ol>
            </>
          )}
        </section>
        <section className="card" aria-labelledby="gap">
          <h2 id="gap">The gap</h2>
          <dl className="gap">
            {plan.gap.map(({ skill, have, need, gap }) => (
              <div key={skill} className={gap > 0 ? "" : "closed"}>
                <dt>{skill}</dt>
                <dd>
                  <Pips value={have} most={need} />
                  <span className="small quiet">
                    {have} {levelWords[have]}
                    {gap > 0 ? ` → ${need} ${levelWords[need]}` : ", enough"}
                  </span>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
      {plan.notes.length > 0 && (
        <Notice title="What this plan does not cover">
          <ul>
            {plan.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div className="actions">
        <button type="button" className="button" onClick={change}>
          Change levels or hours
        </button>
        <Link to={`/careers/${plan.career.id}`} className="button bare">
          About this career
        </Link>
        <ConfirmButton quiet label="Drop this plan" question="Drop it, with its ticks?" yes="Drop it" act={remove} />
      </div>
    </>
  );
}
