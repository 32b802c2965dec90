import { useEffect, useRef } from "react";

/**
 * A signal for what a page asks the API on request: aborted when the person leaves the page, or asks anew. What comes after that would
 * change, or open, a page under someone who has gone elsewhere.
 */
export function useLeaving(): () => AbortSignal {
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);
  return () => {
    current.current?.abort();
    current.current = new AbortController();
    return current.current.signal;
  };
}
