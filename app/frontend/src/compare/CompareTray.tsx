import { Link } from "../app/router";
import { comparing } from "../stored/documents";
import { useStored, write } from "../stored/store";
import "./compare.css";

/** What has been put aside for comparing, wherever careers are shown. */
export function CompareTray() {
  const list = useStored(comparing);
  if (list.length === 0) return null;
  return (
    <section className="tray" aria-label="To compare">
      <p>
        <strong>To compare:</strong> {list.map(({ title }) => title).join(", ")}
      </p>
      <div className="actions">
        {list.length > 1 ? (
          <Link to="/compare" className="button strong">
            Compare {list.length}
          </Link>
        ) : (
          <span className="small quiet">Add one more</span>
        )}
        <button type="button" className="button bare" onClick={() => write(comparing, [])}>
          Clear
        </button>
      </div>
    </section>
  );
}
