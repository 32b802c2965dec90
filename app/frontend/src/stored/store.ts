/**
 * The person's own data, in this browser only. A document is one value under one key of localStorage; a component reads it by `useStored`
 * and is drawn again when it changes here or in another tab.
 */
import { useSyncExternalStore } from "react";
import type { Shape } from "./shape";

const prefix = "counsellor.1.";

export interface Document<T> {
  key: string;
  initial: T;
  shape: Shape<T>;
}

const known = new Map<string, Document<unknown>>();
const values = new Map<string, unknown>();
/** What the browser's storage held when a value was read from it or put there: it tells whether another tab has changed it since. */
const seen = new Map<string, string | null>();
const listeners = new Set<() => void>();
/** The documents whose last change lives as long as this page only. */
const unkept = new Set<string>();

export function document<T>(key: string, initial: T, shape: Shape<T>): Document<T> {
  const made = { key, initial, shape };
  known.set(key, made as Document<unknown>);
  return made;
}

function changed(): void {
  for (const listener of listeners) listener();
}

function fromOtherTab(event: StorageEvent): void {
  if (event.key === null) values.clear();
  else if (event.key.startsWith(prefix)) values.delete(event.key.slice(prefix.length));
  else return;
  changed();
}

/** A page that the browser had put aside, and takes up again by going back, has heard of nothing meanwhile. */
function takenUpAgain({ persisted }: PageTransitionEvent): void {
  if (!persisted) return;
  for (const key of values.keys()) if (!unkept.has(key)) values.delete(key);
  changed();
}

export function listen(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener("storage", fromOtherTab);
    window.addEventListener("pageshow", takenUpAgain);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.removeEventListener("storage", fromOtherTab);
    window.removeEventListener("pageshow", takenUpAgain);
  };
}

export function read<T>(of: Document<T>): T {
  if (!values.has(of.key)) values.set(of.key, load(of));
  return values.get(of.key) as T;
}

function load<T>(of: Document<T>): T {
  try {
    const raw = window.localStorage.getItem(prefix + of.key);
    seen.set(of.key, raw);
    if (raw === null) return of.initial;
    return of.shape(JSON.parse(raw)) ?? of.initial;
  } catch {
    return of.initial;
  }
}

export function write<T>(of: Document<T>, value: T): void {
  values.set(of.key, value);
  try {
    const raw = JSON.stringify(value);
    window.localStorage.setItem(prefix + of.key, raw);
    seen.set(of.key, raw);
    unkept.delete(of.key);
  } catch {
    // Full, or forbidden: what was written lives as long as the page, and the page says so.
    unkept.add(of.key);
  }
  changed();
}

/** Changes what is kept now, not what this tab heard of last: the word of another tab's change may still be on its way. */
export function update<T>(of: Document<T>, change: (old: T) => T): void {
  try {
    if (!unkept.has(of.key) && window.localStorage.getItem(prefix + of.key) !== seen.get(of.key)) values.delete(of.key);
  } catch {
    // Forbidden: what is here is all there is.
  }
  write(of, change(read(of)));
}

export function useStored<T>(of: Document<T>): T {
  return useSyncExternalStore(listen, () => read(of));
}

const trouble = () => unkept.size > 0;

/** True while something could not be kept beyond this page. */
export function useStorageTrouble(): boolean {
  return useSyncExternalStore(listen, trouble);
}

export function exportAll(): string {
  const data: Record<string, unknown> = {};
  for (const of of known.values()) data[of.key] = read(of);
  return JSON.stringify({ app: "counsellor", version: 1, exported: new Date().toISOString(), data }, null, 2);
}

/**
 * Takes over what an exported file holds: all of it, or nothing and an Error that can be shown. Answers whether the browser keeps it, too:
 * its storage may be full.
 */
export function importAll(file: string): boolean {
  let parsed: unknown;
  try {
    parsed = JSON.parse(file);
  } catch {
    throw new Error("This file is not an export of this app: it is not JSON.");
  }
  const { app, version, data } = (parsed ?? {}) as { app?: unknown; version?: unknown; data?: unknown };
  if (app !== "counsellor" || version !== 1 || typeof data !== "object" || data === null) throw new Error("This file is not an export of this app.");
  const taken: [Document<unknown>, unknown][] = [];
  for (const [key, value] of Object.entries(data)) {
    const of = known.get(key);
    if (!of) continue;
    const checked = of.shape(value);
    if (checked === undefined) throw new Error(`This export is damaged: "${key}" cannot be read. Nothing was changed.`);
    taken.push([of, checked]);
  }
  if (taken.length === 0) throw new Error("This export holds nothing that this app knows. Nothing was changed.");
  for (const [of, value] of taken) write(of, value);
  return !taken.some(([{ key }]) => unkept.has(key));
}

export function removeAll(): void {
  try {
    for (const key of Object.keys(window.localStorage)) if (key.startsWith(prefix)) window.localStorage.removeItem(key);
  } catch {
    // Forbidden: then nothing was ever kept.
  }
  values.clear();
  seen.clear();
  unkept.clear();
  changed();
}
