import { expect, test } from "vitest";
import { readEvents, type ServerEvent } from "./events";

async function read(...chunks: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
  const out: ServerEvent[] = [];
  for await (const event of readEvents(body)) out.push(event);
  return out;
}

test("events end at blank lines, wherever the chunks are cut", async () => {
  const text = 'event: delta\ndata: {"text":"é"}\n\n: keep alive\n\nevent: done\ndata: {}\n\n';
  const bytes = new TextEncoder().encode(text);
  const wanted = [
    { event: "delta", data: '{"text":"é"}' },
    { event: "done", data: "{}" },
  ];
  for (let cut = 0; cut <= bytes.length; ++cut) expect(await read(bytes.slice(0, cut), bytes.slice(cut))).toEqual(wanted);
});

test("lines may end in CR LF, data may have several lines, and an event that was not ended is none", async () => {
  expect(await read("data: a\r\ndata:b\r\n\r", "\nevent: x\r\ndata: cut")).toEqual([{ event: "message", data: "a\nb" }]);
});
