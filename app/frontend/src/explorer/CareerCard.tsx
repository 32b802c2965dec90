import { type Career, interests, payRange } from "./careers";

export function CareerCard({ career }: { career: Career }) {
  return (
    <article aria-labelledby={`${career.id}-title`}>
      <h2 id={`${career.id}-title`}>{career.title}</h2>
      <p>{career.summary}</p>
      <p className="interests">{[...career.interests].map((letter) => interests[letter] ?? letter).join(", ")}</p>
      <details>
        <summary>More about {career.title.toLowerCase()}</summary>
        <dl>
          <dt>A day</dt>
          <dd>{career.day}</dd>
          <dt>Education</dt>
          <dd>{career.education}</dd>
          <dt>Skills</dt>
          <dd>{career.skills.join(", ")}</dd>
          <dt>Pay ({career.pay.year})</dt>
          <dd>
            {payRange(career.pay)}. <small>{career.pay.basis}.</small>
          </dd>
          <dt>Demand</dt>
          <dd>{career.growth}</dd>
        </dl>
      </details>
    </article>
  );
}
