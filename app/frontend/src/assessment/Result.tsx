import { Page } from "../app/Page";
import { Link } from "../app/router";
import { kindNames } from "../careers/words";
import { type KeptProfile, profile } from "../stored/documents";
import { useStored } from "../stored/store";
import { Bar } from "../ui/Bar";
import { Icon } from "../ui/Icon";
import { InterestMap } from "../ui/InterestMap";
import { Empty, Notice } from "../ui/Notice";
import "./assessment.css";

const bands = { low: "less", middling: "somewhat", high: "strongly" } as const;

export default function Result() {
  const kept = useStored(profile);
  if (!kept)
    return (
      <Page title="Your interests">
        <Empty title="No result yet">
          <p>Once you have answered the statements, the shape of your interests is here.</p>
          <Link to="/assessment" className="button strong">
            To the assessment
          </Link>
        </Empty>
      </Page>
    );
  return <Shown kept={kept} />;
}

function Shown({ kept }: { kept: KeptProfile }) {
  const { explanation, confidence } = kept;
  const taken = new Date(kept.taken).toLocaleDateString("en-US", { day: "numeric", month: "long", year: "numeric" });
  return (
    <Page title={kept.code ? `You lean ${[...kept.code].map((letter) => kindNames[letter as keyof typeof kindNames]).join(", ")}` : "No kind of work stands out yet"} lead={explanation.summary}>
      <div className="outcome">
        <figure>
          <InterestMap scores={kept.scores} label="Your interests" />
        </figure>
        <ol className="ranking plain">
          {explanation.types.map(({ code, name, score, band, meaning }) => (
            <li key={code} className={`of-${code.toLowerCase()}`}>
              <h2 className="kind">{name}</h2>
              <p className="score numbers">
                {score} <span className="unseen">of 100</span> <span className="small quiet">draws you {bands[band]}</span>
              </p>
              <Bar value={score} />
              <p className="small">{meaning}</p>
            </li>
          ))}
        </ol>
      </div>
      <Notice tone={confidence.level === "low" ? "mark" : "plain"} title={{ low: "Read this with care", medium: "How sure this is: fairly", high: "How sure this is: quite" }[confidence.level]}>
        {confidence.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        <p className="small quiet">
          From {kept.answered} of {kept.total} statements, on {taken}. Interests, not abilities; they may change as you do.
        </p>
      </Notice>
      <div className="actions">
        <Link to="/matches" className="button strong">
          Careers that fit <Icon name="arrow" />
        </Link>
        <Link to="/counsellor" className="button">
          Talk about it
        </Link>
        <Link to="/assessment/questions" className="button bare">
          Change answers
        </Link>
      </div>
    </Page>
  );
}
