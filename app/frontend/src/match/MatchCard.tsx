import type { Matches } from "../api/client";
import { Link } from "../app/router";
import { CompareButton, SaveButton } from "../careers/CareerButtons";
import { Kinds } from "../careers/Kinds";
import { growthWords, payRange } from "../careers/words";
import { Bar } from "../ui/Bar";

export function MatchCard({ match: { career, score, fit, reasons } }: { match: Matches["matches"][number] }) {
  const good = reasons.filter(({ effect }) => effect === "for");
  const bad = reasons.filter(({ effect }) => effect === "against");
  return (
    <article className="card match" aria-labelledby={`match-${career.id}`}>
      <div className="match-head">
        <h2 id={`match-${career.id}`}>
          <Link to={`/careers/${career.id}`}>{career.title}</Link>
        </h2>
        <p className="match-score numbers">
          {score}
          <span className="small">% fit</span>
        </p>
        <Bar value={score} />
      </div>
      <p>{career.summary}</p>
      <div className="match-line">
        <Kinds code={career.interests} />
        <span className="small numbers">{payRange(career.pay)} a year</span>
        <span className="small">{growthWords[career.growth]}</span>
      </div>
      {good.length > 0 && (
        <ul className="reasons for" aria-label="Speaks for it">
          {good.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {bad.length > 0 && (
        <ul className="reasons against" aria-label="Speaks against it">
          {bad.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <div className="match-foot">
        <p className="small quiet numbers">
          Interests {fit.interests}%{fit.preferences !== null && `, wishes ${fit.preferences}%`}
        {fit.skills !== null && `, skills ${fit.skills}%`}
      </p>
        <div className="actions">
        <SaveButton career={career} />
        <CompareButton career={career} />
        <Link to={`/plan/${career.id}`} className="button bare">
          Plan for it
        </Link>
        </div>
      </div>
    </article>
  );
}
