import { api } from "../api/client";
import { useAnswer } from "../api/useAnswer";
import { Page } from "../app/Page";
import { Link, setQuery, usePlace } from "../app/router";
import { count, payBasis } from "../careers/words";
import { CompareTray } from "../compare/CompareTray";
import { Icon } from "../ui/Icon";
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

  function address(page: number): string {
    const to = new URLSearchParams(query);
    if (page > 1) to.set("page", String(page));
    else to.delete("page");
    return to.size > 0 ? `/careers?${to}` : "/careers";
  }

  return (
    <Page title="Careers" lead="What they ask for, what they pay, what a day is like.">
      <FilterForm filters={filters} clear={clear} />
      <section className="stack" aria-label="Careers found">
        <p className={waiting && found ? "quiet numbers stale" : "quiet numbers"} role="status">
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
        {!error && found && found.total > 0 && found.careers.length === 0 && (
          <Empty title={`There is no page ${filters.page}`}>
            <Link to={address(1)} className="button">
              To the first page
            </Link>
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
        {!error && pages > 1 && filters.page <= pages && <Pages page={filters.page} pages={pages} address={address} />}
      </section>
      {found?.careers[0] && (
        <p className="small quiet">Pay: {payBasis(found.careers[0].pay)}</p>
      )}
      <CompareTray />
    </Page>
  );
}

/** The first, the last, and those around the one that is shown; 0 stands for what is left out between them. */
export function pagesAround(page: number, pages: number): number[] {
  const near = Array.from({ length: pages }, (_, i) => i + 1).filter((n) => n === 1 || n === pages || Math.abs(n - page) < 2);
  return near.flatMap((n, i) => (n - (near[i - 1] ?? n) > 1 ? [0, n] : [n]));
}

function Pages({ page, pages, address }: { page: number; pages: number; address: (page: number) => string }) {
  return (
    <nav className="pages" aria-label="Pages">
      {page > 1 && (
        <Link to={address(page - 1)} className="button">
          <Icon name="back" /> Back
        </Link>
      )}
      <ol className="plain numbers">
        {pagesAround(page, pages).map((n, i) => (
          <li key={n || -i}>
            {n ? (
              <Link to={address(n)} aria-current={n === page ? "page" : undefined}>
                <span className="unseen">Page</span> {n}
              </Link>
            ) : (
              "…"
            )}
          </li>
        ))}
      </ol>
      {page < pages && (
        <Link to={address(page + 1)} className="button strong">
          More careers <Icon name="arrow" />
        </Link>
      )}
    </nav>
  );
}
