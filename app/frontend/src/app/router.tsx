/** Addresses and the history of the browser: as much of a router as this app needs. */
import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
/** Whether the person has moved inside the app: the first page must not steal the focus from the browser. */
let moved = false;

function changed(): void {
  moved = true;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("popstate", changed);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", changed);
  };
}

const address = () => window.location.pathname + window.location.search;

export function hasMoved(): boolean {
  return moved;
}

export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const { pathname: from, search } = window.location;
  if (replace || to === from + search) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  changed();
  if (window.location.pathname !== from) window.scrollTo(0, 0);
}

export interface Place {
  path: string;
  query: URLSearchParams;
}

export function usePlace(): Place {
  const current = useSyncExternalStore(subscribe, address);
  const mark = current.indexOf("?");
  return mark < 0 ? { path: current, query: new URLSearchParams() } : { path: current.slice(0, mark), query: new URLSearchParams(current.slice(mark + 1)) };
}

/** Changes the query only, in place: a filter is not a page to go back to. */
export function setQuery(changes: Record<string, string>): void {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  navigate(window.location.pathname + (text ? `?${text}` : ""), { replace: true });
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string };

export function Link({ to, onClick, children, ...rest }: LinkProps) {
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain) return;
    event.preventDefault();
    const from = window.location.pathname;
    navigate(to);
    if (window.location.pathname !== from) return;
    // Another view of the same page: nothing is drawn anew that would take the focus and the window to its beginning.
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
