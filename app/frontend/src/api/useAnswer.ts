import { useCallback, useEffect, useState } from "react";

export interface Answer<T> {
  value: T | undefined;
  error: unknown;
  waiting: boolean;
  retry: () => void;
}

/** What was read once is shown at once when one comes back; a reload of the page forgets it. */
const remembered = new Map<string, unknown>();

export function forgetAnswers(): void {
  remembered.clear();
}

/**
 * Asks the API for what `key` names, and again when the key changes; an empty key asks nothing. While it waits for another key, the last
 * value stays, so that a list does not jump away under the person who filters it.
 */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, { remember = true, pause = 0 } = {}): Answer<T> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ key: string; value?: T; error?: unknown }>({ key: "" });

  useEffect(() => {
    if (!key || remembered.has(key)) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const value = await ask(abort.signal);
        if (abort.signal.aborted) return;
        if (remember) remembered.set(key, value);
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

  const known = remembered.get(key) as T | undefined;
  const settled = state.key === key;
  return {
    value: known ?? state.value,
    error: settled && known === undefined ? state.error : undefined,
    waiting: key !== "" && known === undefined && !settled,
    retry,
  };
}
