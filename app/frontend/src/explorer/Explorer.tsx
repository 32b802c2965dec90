import { api } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { Page } from "../app/Page";
import { setQuery, usePlace } from "../app/router";
import { count, payBasis } from "../careers/words";
import { CompareTray } from "../compare/CompareTray";
import { Empty, Failure, Waiting } from "../ui/Notice";
import { CareerCard } from "./CareerCard";
import "./explorer.css";
import { FilterForm } from "./FilterForm";
import { fromQuery, names, pageSize, toApi } from "./filters";

export default function Explorer() {
  const { query } = usePlace();
  const filters = fromQuery(query);
  const wanted = toApi(filters);
  // A short pause, so that typing asks once.
  const { value: found, error, waiting, retry } = useAnswer(`careers?${wanted}`, (signal) => api.careers(wanted, signal), { pause: 200 });
  const clear = () => setQuery(Object.fromEntries([...names, "page"].map((name) => [name, ""])));
  const pages = Math.ceil((found?.total ?? 0) / pageSize);

  return (
    <Page title="Careers" lead="What they ask for, what they pay, what a day is like.">
      <FilterForm filters={filters} clear={clear} />
      <section className="stack" aria-label="Careers found">
        <p className="quiet numbers" role="status">
          {waiting && !found ? "Reading the careers …" : found && !error ? count(found.total, "career") + (pages > 1 ? `, page ${filters.page} of ${pages}` : "") : ""}
        </p>
        {error !== undefined && <Failure error={error} retry={retry} />}
        {waiting && !found && <Waiting>One moment</Waiting>}
        {!error && found?.total === 0 && (
          <Empty title="Nothing fits all of that">
            <p>Try another word, or fewer filters.</p>
            <button type="button" className="button" onClick={clear}>
              Clear the filters
            </button>
          </Empty>
        )}
        {!error && found && found.careers.length > 0 && (
          <ul className="columns plain" aria-busy={waiting}>
            {found.careers.map((career) => (
              <li key={career.id}>
                <CareerCard career={career} />
              </li>
            ))}
          </ul>
        )}
        {pages > 1 && <Pages page={filters.page} pages={pages} />}
      </section>
      {found?.careers[0] && (
        <p className="small quiet">Pay: {payBasis(found.careers[0].pay)}</p>
      )}
      <CompareTray />
    </Page>
  );
}

function Pages({ page, pages }: { page: number; pages: number }) {
  function go(to: number) {
    setQuery({ page: to === 1 ? "" : String(to) });
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }
  return (
    <nav className="actions" aria-label="Pages">
      <button type="button" className="button" disabled={page <= 1} onClick={() => go(page - 1)}>
        Earlier
      </button>
      <button type="button" className="button" disabled={page >= pages} onClick={() => go(page + 1)}>
        More careers
      </button>
    </nav>
  );
}
