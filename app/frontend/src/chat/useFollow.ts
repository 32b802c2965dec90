import { useCallback, useEffect, useLayoutEffect, useRef } from "react";

/**
 * Keeps the end of what is being written in sight, until the person scrolls up to read. `written` changes whenever there is more;
 * `fromTheStart` begins at the end, where a conversation that was left goes on.
 */
export function useFollow(written: string, fromTheStart: boolean) {
  const end = useRef<HTMLDivElement>(null);
  const following = useRef(fromTheStart);

  useEffect(() => {
    let last = window.scrollY;
    function scrolled() {
      const bottom = end.current?.getBoundingClientRect().bottom ?? 0;
      if (window.scrollY < last) following.current = false;
      else if (bottom <= window.innerHeight) following.current = true;
      last = window.scrollY;
    }
    window.addEventListener("scroll", scrolled, { passive: true });
    return () => window.removeEventListener("scroll", scrolled);
  }, []);

  useLayoutEffect(() => {
    if (following.current) end.current?.scrollIntoView({ block: "nearest" });
  }, [written]);

  const follow = useCallback(() => {
    following.current = true;
  }, []);
  return { end, follow };
}
