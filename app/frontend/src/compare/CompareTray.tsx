import { Link } from "../app/router";
import { mostCompared } from "../careers/CareerButtons";
import { comparing } from "../stored/documents";
import { useStored, write } from "../stored/store";
import { focusSoon } from "../ui/focus";
import "./compare.css";

function clear() {
  write(comparing, []);
  focusSoon("h1");
}

/** What has been put aside for comparing, wherever careers are shown. */
export function CompareTray() {
  const list = useStored(comparing);
  const full = list.length >= mostCompared;
  if (list.length === 0) return null;
  return (
    <section className="tray" aria-label="To compare">
      <p>
        <strong>To compare:</strong> {list.map(({ title }) => title).join(", ")}
        {full && <span className="small quiet"> (as many as fit)</span>}
      </p>
      <div className="actions">
        {list.length > 1 ? (
          <Link to="/compare" className="button strong">
            Compare {list.length}
          </Link>
        ) : (
          <span className="small quiet">Add one more</span>
        )}
        <button type="button" className="button bare" onClick={clear}>
          Clear
        </button>
      </div>
    </section>
  );
}
