import { useCounsel } from "../api/useCounsel";
import { Link } from "../app/router";
import { Markdown } from "../markdown/Markdown";
import { type KeptResume, resume } from "../stored/documents";
import { update } from "../stored/store";
import { EndingNotice, ServiceNotice } from "../ui/Counsel";
import { Icon } from "../ui/Icon";
import { Waiting } from "../ui/Notice";

const leastText = 40;
const mostText = 20_000;

/** The model's own reading, on top of the checks; asked for, never by itself, since it sends the text to the model's service. */
export function ModelReview({ kept, available }: { kept: KeptResume; available: boolean }) {
  const { got, running, start, stop } = useCounsel(({ text, ending }) => {
    if (text && ending !== "stopped") update(resume, (old) => (old && old.when === kept.when ? { ...old, feedback: text.slice(0, 30_000) } : old));
  });
  const ask = () => void start("/api/resume/feedback", { text: kept.text.slice(0, mostText), ...(kept.career && { careerId: kept.career.id }) });
  const text = running || got.ending ? got.text : kept.feedback;

  return (
    <section className="stack" aria-labelledby="written">
      <h3 id="written">Written feedback</h3>
      {!available && !text && (
        <p>
          The counsellor’s model is not connected here, so nobody reads it beyond the checks above. <Link to="/available">What works here</Link>
        </p>
      )}
      {text && <Markdown text={text} />}
      {got.notices.map((notice) => (
        <ServiceNotice key={notice.title} notice={notice} />
      ))}
      {running && !text && <Waiting>Reading your résumé …</Waiting>}
      <span className="unseen" role="status">
        {running ? "The feedback is being written." : got.ending === "stop" ? "The feedback is complete." : ""}
      </span>
      {got.ending && <EndingNotice ending={got.ending} error={got.error} retry={ask} />}
      <div className="actions">
        {running && (
          <button type="button" className="button" onClick={stop}>
            <Icon name="stop" /> Stop
          </button>
        )}
        {!running && available && kept.text.length >= leastText && got.ending !== "cut" && got.ending !== "failed" && (
          <button type="button" className="button" onClick={ask}>
            {text ? "Write it anew" : "Ask for written feedback"}
          </button>
        )}
        {available && !running && <span className="small quiet">Sends the text of your résumé to the counsellor’s model.</span>}
      </div>
    </section>
  );
}
