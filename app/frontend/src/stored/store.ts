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
const listeners = new Set<() => void>();
let trouble = false;

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

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", fromOtherTab);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", fromOtherTab);
  };
}

export function read<T>(of: Document<T>): T {
  if (!values.has(of.key)) values.set(of.key, load(of));
  return values.get(of.key) as T;
}

function load<T>(of: Document<T>): T {
  try {
    const raw = window.localStorage.getItem(prefix + of.key);
    if (raw === null) return of.initial;
    return of.shape(JSON.parse(raw)) ?? of.initial;
  } catch {
    return of.initial;
  }
}

export function write<T>(of: Document<T>, value: T): void {
  values.set(of.key, value);
  try {
    window.localStorage.setItem(prefix + of.key, JSON.stringify(value));
    trouble = false;
  } catch {
    // Full, or forbidden: what was written lives as long as the page, and the page says so.
    trouble = true;
  }
  changed();
}

export function update<T>(of: Document<T>, change: (old: T) => T): void {
  write(of, change(read(of)));
}

export function useStored<T>(of: Document<T>): T {
  return useSyncExternalStore(subscribe, () => read(of));
}

/** True when the last change could not be kept beyond this page. */
export function useStorageTrouble(): boolean {
  return useSyncExternalStore(subscribe, () => trouble);
}

export function exportAll(): string {
  const data: Record<string, unknown> = {};
  for (const of of known.values()) data[of.key] = read(of);
  return JSON.stringify({ app: "counsellor", version: 1, exported: new Date().toISOString(), data }, null, 2);
}

/** Takes over what an exported file holds. All or nothing; throws an Error that can be shown. */
export function importAll(file: string): number {
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
  for (const [of, value] of taken) write(of, value);
  return taken.length;
}

export function removeAll(): void {
  try {
    for (const key of Object.keys(window.localStorage)) if (key.startsWith(prefix)) window.localStorage.removeItem(key);
  } catch {
    trouble = true;
  }
  values.clear();
  changed();
}
