import { useEffect, useRef, useState } from "react";
import type { Config } from "../api/client";
import { setQuery } from "../app/router";
import { useConfig } from "../app/useConfig";
import { dollars, growthWords, kindNames, letters } from "../careers/words";
import { type Filters, names } from "./filters";

const pays = [30_000, 40_000, 50_000, 60_000, 80_000, 100_000, 130_000];

const set = (change: Record<string, string>) => setQuery({ ...change, page: "" });

function SearchField({ value }: { value: string }) {
  const [typed, setTyped] = useState(value);
  const own = useRef(value);
  // The address changed by itself: by going back, or by clearing the filters.
  useEffect(() => {
    if (value !== own.current.trim()) setTyped(value);
    own.current = value;
  }, [value]);
  return (
    <div className="field grow">
      <label htmlFor="q">Search</label>
      <input
        id="q"
        type="search"
        value={typed}
        maxLength={100}
        placeholder="a title, a skill, a task"
        autoComplete="off"
        onChange={({ target }) => {
          setTyped(target.value);
          own.current = target.value;
          set({ q: target.value.trim() });
        }}
      />
    </div>
  );
}

function Choice({ name, label, value, any, options }: { name: string; label: string; value: string; any: string; options: [string, string][] }) {
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      <select id={name} value={value} onChange={({ target }) => set({ [name]: target.value })}>
        <option value="">{any}</option>
        {options.map(([id, words]) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

const growths = (config: Config | undefined): [string, string][] => (config?.growth ?? []).map((growth) => [growth, growthWords[growth]]);

export function FilterForm({ filters, clear }: { filters: Filters; clear: () => void }) {
  const { value: config } = useConfig();
  const used = names.filter((name) => name !== "q" && name !== "sort" && filters[name]).length;
  // Open at first where there is room or something is chosen; after that it is the person's.
  const [open] = useState(() => used > 0 || window.matchMedia?.("(min-width: 48rem)").matches);
  return (
    <search>
      <form className="filters" onSubmit={(event) => event.preventDefault()}>
        <div className="first-row">
          <SearchField value={filters.q} />
          <Choice
            name="sort"
            label="Order"
            value={filters.sort}
            any={filters.q ? "Best first" : "By title"}
            options={[...(filters.q ? ([["title", "By title"]] as [string, string][]) : []), ["pay", "By pay"], ["growth", "By outlook"]]}
          />
        </div>
        <details open={open}>
          <summary>Filters{used > 0 && ` (${used})`}</summary>
          <div className="more">
            <Choice name="interest" label="Interest" value={filters.interest} any="Any" options={letters.map((letter) => [letter, kindNames[letter]])} />
            <Choice name="field" label="Field" value={filters.field} any="Any" options={(config?.fields ?? []).map(({ id, label, count }) => [id, `${label} (${count})`])} />
            <Choice name="educationMax" label="Schooling, at most" value={filters.educationMax} any="Any" options={(config?.educationLevels ?? []).map(({ id, label }) => [id, label])} />
            <Choice name="payMin" label="Middle pay, at least" value={filters.payMin} any="Any" options={pays.map((pay) => [String(pay), dollars(pay)])} />
            <Choice name="growth" label="Outlook" value={filters.growth} any="Any" options={growths(config)} />
          </div>
        </details>
        {(used > 0 || filters.q) && (
          <button type="button" className="button bare clear" onClick={clear}>
            Clear search and filters
          </button>
        )}
      </form>
    </search>
  );
}
