import type { CareerSummary } from "../api/client";
import { Link } from "../app/router";
import { CompareButton, SaveButton } from "../careers/CareerButtons";
import { Kinds } from "../careers/Kinds";
import { growthWords, payRange } from "../careers/words";

export function CareerCard({ career }: { career: CareerSummary }) {
  return (
    <article className="card career" aria-labelledby={`title-${career.id}`}>
      <div>
        <p className="small quiet">{career.fieldLabel}</p>
        <h2 id={`title-${career.id}`}>
          <Link to={`/careers/${career.id}`}>{career.title}</Link>
        </h2>
      </div>
      <p>{career.summary}</p>
      <Kinds code={career.interests} />
      <dl className="at-a-glance">
        <div>
          <dt>Pay a year</dt>
          <dd className="numbers">{payRange(career.pay)}</dd>
        </div>
        <div>
          <dt>Outlook</dt>
          <dd>{growthWords[career.growth]}</dd>
        </div>
      </dl>
      <div className="actions">
        <SaveButton career={career} />
        <CompareButton career={career} />
      </div>
    </article>
  );
}
