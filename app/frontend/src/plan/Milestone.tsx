import { count } from "../careers/words";
import type { KeptPlan } from "../stored/documents";

interface Props {
  milestone: KeptPlan["plan"]["milestones"][number];
  done: boolean;
  /** The one to work on: its steps are open. */
  next: boolean;
  tick: (done: boolean) => void;
}

export function Milestone({ milestone: { title, fromWeek, toWeek, hours, actions, evidence }, done, next, tick }: Props) {
  return (
    <article className={done ? "milestone done" : "milestone"}>
      <label>
        <input type="checkbox" checked={done} onChange={({ target }) => tick(target.checked)} />
        <span className="name">{title}</span>
        <span className="small quiet numbers">
          {fromWeek === toWeek ? `Week ${fromWeek}` : `Weeks ${fromWeek}–${toWeek}`}, {count(hours, "hour")}
        </span>
      </label>
      {/* Drawn anew when it becomes the next one; until then it is the person's to open. */}
      <details key={String(next)} open={next}>
        <summary>
          What to do <span className="unseen">for {title}</span>
        </summary>
        <div className="prose">
          <ul>
            {actions.map((action) => (
              <li key={action}>{action}</li>
            ))}
          </ul>
          <p>
            <strong>You are there when:</strong> {evidence}
          </p>
        </div>
      </details>
    </article>
  );
}
