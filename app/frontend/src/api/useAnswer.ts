import { useCallback, useEffect, useState } from "react";

export interface Answer<T> {
  value: T | undefined;
  error: unknown;
  waiting: boolean;
  retry: () => void;
}

/** What was read once is shown at once when one comes back; a reload of the page forgets it. */
const remembered = new Map<string, unknown>();
/** Every search and every set of wishes is an answer of its own: the oldest make way. */
const mostRemembered = 150;

function keep(key: string, value: unknown): void {
  remembered.set(key, value);
  const oldest = remembered.keys().next();
  if (remembered.size > mostRemembered && !oldest.done) remembered.delete(oldest.value);
}

export function forgetAnswers(): void {
  remembered.clear();
}

/**
 * Asks the API for what `key` names, and again when the key changes; an empty key asks nothing. While it waits for another key, the last
 * value stays, so that a list does not jump away under the person who filters it.
 */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, { remember, pause = 0 }: { remember?: (value: T) => boolean; pause?: number } = {}): Answer<T> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ key: string; value?: T; error?: unknown }>({ key: "" });

  useEffect(() => {
    if (!key || remembered.has(key)) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const value = await ask(abort.signal);
        if (abort.signal.aborted) return;
        if (remember?.(value) ?? true) keep(key, value);
        setState({ key, value });
      } catch (error) {
        if (!abort.signal.aborted) setState({ key, error });
      }
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
    // The key stands for `ask`.
  }, [key, attempt]);

  const retry = useCallback(() => {
    setState({ key: "" });
    setAttempt((n) => n + 1);
  }, []);

  // What failed for want of a connection is asked again once there is one.
  const unreached = state.error instanceof TypeError;
  useEffect(() => {
    if (!unreached) return;
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  }, [unreached, retry]);

  const known = remembered.get(key) as T | undefined;
  const settled = state.key === key;
  return {
    value: known ?? state.value,
    error: settled && known === undefined ? state.error : undefined,
    waiting: key !== "" && known === undefined && !settled,
    retry,
  };
}
