import { api, type Career } from "../api/client";
import { Problem } from "../api/problem";
import { useAnswer } from "../api/useAnswer";
import { Page } from "../app/Page";
import { Link } from "../app/router";
import type { Params } from "../app/routes";
import { CompareButton, SaveButton } from "../careers/CareerButtons";
import { Kinds } from "../careers/Kinds";
import { contextDegrees, contextSides, contextWords, entryWords, growthWords, lawWords, levelWords, payBasis, payRange } from "../careers/words";
import { CompareTray } from "../compare/CompareTray";
import { profile } from "../stored/documents";
import { useStored } from "../stored/store";
import { Pips } from "../ui/Bar";
import { InterestMap } from "../ui/InterestMap";
import { Empty, Failure, Waiting } from "../ui/Notice";
import "./explorer.css";

export default function CareerPage({ id = "" }: Params) {
  const { value: career, error, waiting, retry } = useAnswer(`career/${id}`, (signal) => api.career(id, signal));
  if (career) return <Shown career={career} />;
  const unknown = error instanceof Problem && error.status === 404;
  return (
    <Page title={unknown ? "This career is not in the explorer" : "Career"}>
      {waiting && <Waiting>Reading about it …</Waiting>}
      {unknown && (
        <Empty title="Nothing by that name">
          <p>The link may be old, or the name a little different.</p>
          <Link to="/careers" className="button strong">
            Look through all careers
          </Link>
        </Empty>
      )}
      {error !== undefined && !unknown && <Failure error={error} retry={retry} />}
    </Page>
  );
}

function Shown({ career }: { career: Career }) {
  const own = useStored(profile);
  return (
    <Page title={career.title} lead={career.summary}>
      <div className="stack">
        <Kinds code={career.interests} />
        <div className="actions">
          <SaveButton career={career} />
          <CompareButton career={career} />
        </div>
      </div>
      <div className="beside">
        <aside className="stack" aria-label="Facts and next steps">
          <div className="card">
            <dl className="facts">
              <div>
                <dt>Pay a year</dt>
                <dd className="numbers">
                  {payRange(career.pay)}
                  <p className="small quiet">{payBasis(career.pay)}</p>
                </dd>
              </div>
              <div>
                <dt>The usual way in</dt>
                <dd>
                  {career.education}
                  <p className="small quiet">{entryWords(career.entry)}</p>
                </dd>
              </div>
              {lawWords(career.entry) && (
                <div>
                  <dt>What the law asks for</dt>
                  <dd>{lawWords(career.entry)}</dd>
                </div>
              )}
              <div>
                <dt>Outlook</dt>
                <dd>
                  {growthWords[career.growth]}
                  <p className="small quiet">{career.outlook}</p>
                </dd>
              </div>
              <div>
                <dt>Field</dt>
                <dd>
                  <Link to={`/careers?field=${career.field}`}>{career.fieldLabel}</Link>
                </dd>
              </div>
              {career.alsoCalled.length > 0 && (
                <div>
                  <dt>Also called</dt>
                  <dd>{career.alsoCalled.join(", ")}</dd>
                </div>
              )}
            </dl>
          </div>
          <nav className="next-steps" aria-label="Next steps">
            <Link to={`/plan/${career.id}`}>Plan how to get there</Link>
            <Link to={`/interview?career=${career.id}`}>Practise its interview</Link>
            <Link to={`/counsellor?career=${career.id}`}>Ask the counsellor about it</Link>
          </nav>
        </aside>
        <div className="stack loose">
          <section className="stack" aria-labelledby="day">
            <h2 id="day">A day</h2>
            <p className="a-day">{career.day}</p>
          </section>
          <section className="stack" aria-labelledby="tasks">
            <h2 id="tasks">What one does</h2>
            <ul>
              {career.tasks.map((task) => (
                <li key={task}>{task}</li>
              ))}
            </ul>
          </section>
          <section className="stack" aria-labelledby="interests">
            <h2 id="interests">What draws people to it</h2>
            <div className="overlaid">
              <InterestMap scores={career.riasec} label={`Interests that ${career.title} serves`} beside={own?.scores} />
              {own ? (
                <ul className="plain legend small">
                  <li className="its">{career.title}</li>
                  <li className="yours">You</li>
                </ul>
              ) : (
                <p className="small">
                  <Link to="/assessment">Find your own interests</Link> and see them laid over these.
                </p>
              )}
            </div>
          </section>
          <Scaled title="Skills, and how well one needs them" rows={career.skillLevels.map(({ name, level }) => [name, level, levelWords[level] ?? ""])} most={5} />
          <Scaled title="How the work is" rows={contextSides.map((side) => [contextWords[side], career.context[side], contextDegrees[career.context[side]] ?? ""])} most={4} />
        </div>
      </div>
      {career.related.length > 0 && (
        <section className="stack" aria-labelledby="related">
          <h2 id="related">Close to it</h2>
          <ul className="tags big">
            {career.related.map(({ id, title }) => (
              <li key={id}>
                <Link to={`/careers/${id}`} className="button">
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <CompareTray />
    </Page>
  );
}

function Scaled({ title, rows, most }: { title: string; rows: [string, number, string][]; most: number }) {
  return (
    <section className="stack" aria-label={title}>
      <h2>{title}</h2>
      <dl className="scaled">
        {rows.map(([name, value, words]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Pips value={value} most={most} />
              <span className="small quiet">{words}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
