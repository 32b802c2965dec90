import { Page } from "../app/Page";
import { Link, navigate } from "../app/router";
import { kindGists, kindNames, letters } from "../careers/words";
import { answers, profile } from "../stored/documents";
import { useStored, write } from "../stored/store";
import { ConfirmButton } from "../ui/ConfirmButton";
import { Icon } from "../ui/Icon";
import "./assessment.css";

/** Where the assessment is explained, begun, gone on with and begun anew. */
export default function Start() {
  const begun = Object.keys(useStored(answers).values).length;
  const result = useStored(profile);

  function anew() {
    write(answers, { version: "", at: 0, values: {} });
    navigate("/assessment/questions");
  }

  return (
    <Page title="What draws you in?" lead="48 short statements about things one can do at work. Say how much you would like each; skills and pay do not matter here.">
      <div className="actions">
        {begun === 0 && (
          <Link to="/assessment/questions" className="button strong">
            Begin <Icon name="arrow" />
          </Link>
        )}
        {begun > 0 && !result && (
          <Link to="/assessment/questions" className="button strong">
            Go on: {begun} answered <Icon name="arrow" />
          </Link>
        )}
        {result && (
          <Link to="/assessment/result" className="button strong">
            See your result <Icon name="arrow" />
          </Link>
        )}
        {begun > 0 && (
          <ConfirmButton quiet label="Begin anew" question={`Forget ${begun === 1 ? "the answer" : `the ${begun} answers`} so far?`} yes="Forget them" act={anew} />
        )}
      </div>
      <section className="stack" aria-labelledby="kinds-title">
        <h2 id="kinds-title">Six kinds of interest</h2>
        <p>
          The psychologist John Holland found that what people like to do at work falls into six kinds, and that most of us are drawn by two or three of them. The statements here are our own; the six
          kinds are his.
        </p>
        <dl className="six">
          {letters.map((letter) => (
            <div key={letter}>
              <dt className={`kind of-${letter.toLowerCase()}`}>{kindNames[letter]}</dt>
              <dd>{kindGists[letter]}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="stack" aria-labelledby="fair-title">
        <h2 id="fair-title">Good to know</h2>
        <ul>
          <li>It takes about eight minutes. Every answer is kept in this browser at once, so you can stop and come back.</li>
          <li>There are no right answers, and you can go back and change any.</li>
          <li>It shows interests, not abilities. Take it as a start for thinking, not as a verdict.</li>
        </ul>
      </section>
    </Page>
  );
}
