import type { KeptPlan } from "../stored/documents";

interface Props {
  milestone: KeptPlan["plan"]["milestones"][number];
  done: boolean;
  tick: (done: boolean) => void;
}

export function Milestone({ milestone: { title, fromWeek, toWeek, hours, actions, evidence }, done, tick }: Props) {
  return (
    <article className={done ? "milestone done" : "milestone"}>
      <label>
        <input type="checkbox" checked={done} onChange={({ target }) => tick(target.checked)} />
        <span className="name">{title}</span>
        <span className="small quiet numbers">
          {fromWeek === toWeek ? `Week ${fromWeek}` : `Weeks ${fromWeek}–${toWeek}`}, {hours} hours
        </span>
      </label>
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
    </article>
  );
}
