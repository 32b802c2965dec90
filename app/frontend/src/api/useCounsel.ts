import { useCallback, useEffect, useRef, useState } from "react";
import type { Check, Schemas } from "./client";
import { CutShort, type CounselPath, counsel } from "./counsel";

export type Ending = "stop" | "length" | "filtered" | "signpost" | "scope" | "no-model" | "stopped" | "cut" | "failed";

/** What has come of an answer. */
export interface Counselled {
  text: string;
  careers: Schemas["MetaEvent"]["careers"];
  checks: Check[] | null;
  notices: Schemas["NoticeEvent"][];
  ending: Ending | null;
  error: unknown;
}

const endings: readonly string[] = ["length", "filtered", "signpost", "scope", "no-model"];
/** An end of a kind that is not known here is still the end. */
const endingOf = (reason: string): Ending => (endings.includes(reason) ? (reason as Ending) : "stop");

const nothing: Counselled = { text: "", careers: [], checks: null, notices: [], ending: null, error: null };

/** One stream at a time. `ended` hears of each stream's end, also when the person leaves the page: what had come then is worth keeping. */
export function useCounsel(ended?: (got: Counselled) => void) {
  const [got, setGot] = useState<Counselled>(nothing);
  const [running, setRunning] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const hear = useRef(ended);
  hear.current = ended;

  const start = useCallback(async (path: CounselPath, body: unknown): Promise<void> => {
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    let now: Counselled = nothing;
    const show = (change: Partial<Counselled>) => {
      now = { ...now, ...change };
      if (abort.current === mine) setGot(now);
    };
    setRunning(true);
    show({});
    try {
      for await (const { event, data } of counsel(path, body, mine.signal)) {
        if (event === "meta") show({ careers: data.careers });
        else if (event === "checks") show({ checks: data.checks });
        else if (event === "notice") show({ notices: [...now.notices, data] });
        else if (event === "delta") show({ text: now.text + data.text });
        else if (event === "done") show({ ending: endingOf(data.finishReason) });
      }
    } catch (error) {
      if (mine.signal.aborted) show({ ending: "stopped" });
      else show({ ending: error instanceof CutShort ? "cut" : "failed", error });
    }
    if (abort.current === mine) {
      abort.current = null;
      setRunning(false);
    }
    hear.current?.(now);
  }, []);

  const stop = useCallback(() => abort.current?.abort(), []);
  const clear = useCallback(() => setGot(nothing), []);
  useEffect(() => () => abort.current?.abort(), []);
  return { got, running, start, stop, clear };
}
