import type { Config } from "../api/client";
import { Page } from "../app/Page";
import { Link } from "../app/router";
import { useConfig } from "../app/useConfig";
import { Failure, Notice, Waiting } from "../ui/Notice";
import { Signposts } from "../ui/Signposts";
import "./available.css";

const features: { name: string; to: string; without: string; model: string }[] = [
  { name: "Interest assessment", to: "/assessment", without: "All of it", model: "" },
  { name: "Careers, comparing, matches", to: "/careers", without: "All of it", model: "" },
  { name: "Learning plans", to: "/plan", without: "All of it", model: "" },
  { name: "Résumé review", to: "/resume", without: "Reading the file, and the checks", model: "Written feedback" },
  { name: "Interview practice", to: "/interview", without: "Questions, tips, and checks of your answers", model: "Written feedback" },
  { name: "Counsellor", to: "/counsellor", without: "Signposts to help for people in distress", model: "Conversation" },
];

export default function AvailablePage() {
  const { value: config, error, waiting, retry } = useConfig();
  return (
    <Page title="What works here" lead="Most of this app needs no language model. What does need one depends on whether this installation has its key.">
      {waiting && <Waiting>Asking the service …</Waiting>}
      {error !== undefined && <Failure error={error} retry={retry} />}
      {config && <State config={config} />}
      <div className="wide-list">
        <ul className="features plain">
          {features.map(({ name, to, without, model }) => (
            <li key={name}>
              <h2>
                <Link to={to}>{name}</Link>
              </h2>
              <p>
                <span className="yes">Works</span> <span>{without}</span>
              </p>
              {model && (
                <p>
                  {config?.model.available ? <span className="yes">Works</span> : <span className="no">{config ? "Missing" : "Needs the model"}</span>} <span>{model}</span>
                </p>
              )}
            </li>
          ))}
        </ul>
      </div>
      {config && (
        <section className="stack" aria-labelledby="help">
          <h2 id="help">If things are hard right now</h2>
          <p>This app cannot help in a crisis. These people can, at any hour:</p>
          <Signposts signposts={config.signposts} />
        </section>
      )}
    </Page>
  );
}

function State({ config: { model } }: { config: Config }) {
  if (model.available)
    return (
      <Notice tone="good" title="Everything works">
        <p>The counsellor answers{model.name ? ` by ${model.name}` : ""}.</p>
      </Notice>
    );
  if (model.reason === "failing")
    return (
      <Notice tone="mark" title="The counsellor’s model cannot be reached just now">
        <p>Its service is failing. This mends itself once the service answers again; try in a few minutes.</p>
      </Notice>
    );
  return (
    <Notice tone="mark" title="The counsellor’s model is not connected">
      <p>
        This installation has no key for it. Whoever runs it can put one into its Secrets Manager and deploy again: <code>OPENAI_API_KEY=… ./scripts/deploy.sh dev apply</code>. Nothing else has to change.
      </p>
    </Notice>
  );
}
