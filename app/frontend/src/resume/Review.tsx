import { useConfig } from "../app/useConfig";
import { count } from "../careers/words";
import type { KeptResume } from "../stored/documents";
import { Bar } from "../ui/Bar";
import { Checks } from "../ui/Checks";
import { Link } from "../app/router";
import { ModelReview } from "./ModelReview";

export function Review({ kept }: { kept: KeptResume }) {
  const { value: config } = useConfig();
  const toMend = kept.checks.filter(({ status }) => status === "problem" || status === "improve").length;
  return (
    <section className="stack loose" aria-labelledby="review">
      <div className="score-line">
        <div className="stack">
          <h2 id="review" tabIndex={-1}>
            {toMend === 0 ? "Nothing to mend" : count(toMend, "thing")} {toMend > 0 && "to look at"}
          </h2>
          <p className="quiet numbers">
            {kept.name}: {count(kept.words, "word")}
            {kept.pages !== null && `, ${count(kept.pages, "page")}`}, read on {new Date(kept.when).toLocaleDateString("en-US", { day: "numeric", month: "long" })}
          </p>
          {kept.truncated && <p>It is longer than what is read; the end was left out.</p>}
        </div>
        <p className="big numbers">
          {kept.score}
          <span className="small quiet"> of 100</span>
        </p>
        <Bar value={kept.score} />
      </div>
      <Checks checks={kept.checks} />
      {kept.career && (
        <section className="stack" aria-labelledby="against">
          <h3 id="against">Held against {kept.career.title}</h3>
          <div className="pair">
            <Words title="Found in it" words={kept.career.found} have />
            <Words title="Not found" words={kept.career.missing} />
          </div>
          <p className="small quiet">
            Name what you can do by the words that the job uses, where they are true. <Link to={`/plan/${kept.career.id}`}>Plan how to learn the rest</Link>
          </p>
        </section>
      )}
      <ModelReview kept={kept} available={config?.model.available ?? false} />
      <details>
        <summary>The text that was read</summary>
        <pre className="read-text" tabIndex={0}>
          {kept.text}
        </pre>
      </details>
    </section>
  );
}

function Words({ title, words, have = false }: { title: string; words: string[]; have?: boolean }) {
  return (
    <div className="stack">
      <h4>{title}</h4>
      {words.length === 0 ? (
        <p className="quiet">None.</p>
      ) : (
        <ul className="tags">
          {words.map((word) => (
            <li key={word} className={have ? "tag have" : "tag"}>
              {word}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
