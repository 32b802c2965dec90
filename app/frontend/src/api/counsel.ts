/** The streams that the counsellor answers by: chat, and feedback on résumés and interview answers. */
import { list, object, oneOf, type Shape, text } from "../stored/shape";
import type { Schemas } from "./client";
import { readEvents } from "./events";
import { Problem, problemFrom, readProblem } from "./problem";

export type CounselEvent =
  | { event: "meta"; data: Schemas["MetaEvent"] }
  | { event: "checks"; data: Schemas["ChecksEvent"] }
  | { event: "notice"; data: Schemas["NoticeEvent"] }
  | { event: "delta"; data: Schemas["DeltaEvent"] }
  | { event: "done"; data: Schemas["DoneEvent"] }
  | { event: "error"; data: Schemas["ErrorEvent"] };

/** What has to be there of each event. One that has not, or that is not known here, is passed over: the rest of the answer may be whole. */
const shapes = new Map<string, Shape<unknown>>(
  Object.entries({
    meta: object({ careers: list(object({ id: text(60), title: text(300), link: text(100) }), 40) }),
    checks: object({ checks: list(object({ id: text(300), title: text(300), status: oneOf("good", "improve", "problem", "info"), detail: text(4000) }), 40) }),
    notice: object({ kind: oneOf("distress", "scope", "no-model"), title: text(300), text: text(4000), signposts: list(object({ name: text(300), contact: text(300) }), 20) }),
    delta: object({ text: text(100_000) }),
    done: object({ finishReason: text(40) }),
    error: object({}),
  }),
);
const silence = 60_000; // milliseconds without a byte after which the stream counts as cut

/** The stream ended before its answer did. */
export class CutShort extends Problem {}

const brokeOff = "The answer broke off";
const cut = () => new CutShort(0, brokeOff, "The connection ended before the answer did. What came so far is kept, and you can ask for it again.", "", 0);

export type CounselPath = "/api/chat" | "/api/resume/feedback" | "/api/interview/feedback";

/** Yields the events up to `done`. Throws a Problem when there is no stream, and CutShort when it ends early. */
export async function* counsel(path: CounselPath, body: unknown, signal: AbortSignal): AsyncGenerator<CounselEvent> {
  const quiet = new AbortController();
  let timer = setTimeout(() => quiet.abort(), silence);
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, quiet.signal]),
    });
    if (!answer.ok || !answer.body) throw await readProblem(answer);
    const watched = answer.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          clearTimeout(timer);
          timer = setTimeout(() => quiet.abort(), silence);
          controller.enqueue(chunk);
        },
      }),
    );
    let spoken = false;
    try {
      for await (const { event, data } of readEvents(watched)) {
        const shape = shapes.get(event);
        if (!shape) continue;
        const parsed = { event, data: JSON.parse(data) } as CounselEvent;
        if (shape(parsed.data) === undefined) continue;
        if (parsed.event === "error") {
          const { title, detail, retryAfter } = problemFrom(0, parsed.data);
          // A service that fails in the middle of its answer has been reached: what happened is that it broke off.
          throw new CutShort(0, spoken && parsed.data.type === "/problems/model-failing" ? brokeOff : title, detail, "", retryAfter);
        }
        spoken ||= parsed.event === "delta";
        yield parsed;
        if (parsed.event === "done") return;
      }
    } catch (error) {
      if (signal.aborted || error instanceof Problem) throw error;
      throw cut();
    }
    throw cut();
  } catch (error) {
    if (quiet.signal.aborted && !signal.aborted) throw cut();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
