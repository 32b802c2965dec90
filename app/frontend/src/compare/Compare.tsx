import { useEffect } from "react";
import { api, type Comparison } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { Page } from "../app/Page";
import { Link, setQuery, usePlace } from "../app/router";
import { mostCompared } from "../careers/CareerButtons";
import { CareerPicker } from "../careers/CareerPicker";
import { comparing } from "../stored/documents";
import { update, useStored, write } from "../stored/store";
import { focusSoon } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { Empty, Failure, Waiting } from "../ui/Notice";
import "./compare.css";
import { CompareTable } from "./CompareTable";

const ask = (ids: string[]) => (signal: AbortSignal): Promise<Comparison> => api.compare(ids, signal);

function remove(id: string) {
  update(comparing, (old) => old.filter((one) => one.id !== id));
  focusSoon(".chosen button, .wide-table, h1");
}

export default function Compare() {
  const { query } = usePlace();
  const list = useStored(comparing);
  const linked = query.get("ids") ?? "";
  // A link to a comparison becomes one's own list, and the list the address, so that either can be changed.
  useEffect(() => {
    const ids = [...new Set(linked.split(",").filter((id) => /^[a-z0-9-]{2,60}$/.test(id)))].slice(0, mostCompared);
    if (ids.length > 1 && ids.join() !== list.map(({ id }) => id).join()) write(comparing, ids.map((id) => ({ id, title: list.find((one) => one.id === id)?.title ?? id })));
    // Once, for the address that one came by.
  }, []);
  const ids = list.map(({ id }) => id);
  const joined = ids.join(",");
  useEffect(() => setQuery({ ids: joined }), [joined]);

  const { value, error, waiting, retry } = useAnswer(ids.length > 1 ? `compare/${joined}` : "", ask(ids));
  const shown = value && ids.length > 1 && value.careers.every(({ id }) => ids.includes(id)) ? value : undefined;
  // A link names careers by their ids; the rest of the app shows their titles.
  useEffect(() => {
    const titles = new Map(shown?.careers.map(({ id, title }) => [id, title]));
    update(comparing, (old) => (old.every(({ id, title }) => (titles.get(id) ?? title) === title) ? old : old.map(({ id, title }) => ({ id, title: titles.get(id) ?? title }))));
  }, [shown]);

  return (
    <Page title="Side by side" lead="Two to four careers, point by point.">
      {ids.length < 2 && (
        <Empty title={ids.length === 0 ? "Nothing chosen yet" : "One more, please"}>
          <p>Choose below, or press “Compare” on any career.</p>
          <Link to="/careers" className="button">
            Look through careers
          </Link>
        </Empty>
      )}
      {ids.length > 1 && waiting && !shown && <Waiting>Laying them side by side …</Waiting>}
      {ids.length > 1 && error !== undefined && <Failure error={error} retry={retry} />}
      {shown && error === undefined ? (
        <CompareTable comparison={shown} remove={remove} />
      ) : (
        list.length > 0 &&
        !waiting && (
          <ul className="tags chosen" aria-label="Chosen">
            {list.map(({ id, title }) => (
              <li key={id} className="tag removable">
                {title}
                <button type="button" onClick={() => remove(id)}>
                  <Icon name="close" />
                  <span className="unseen">Take {title} out</span>
                </button>
              </li>
            ))}
          </ul>
        )
      )}
      {ids.length < mostCompared && (
        <div className="add">
          <CareerPicker
            label="Add a career"
            none="Choose one"
            value=""
            choose={(id, title) => {
              if (id) update(comparing, (old) => (old.some((one) => one.id === id) ? old : [...old, { id, title }].slice(0, mostCompared)));
            }}
          />
        </div>
      )}
    </Page>
  );
}
