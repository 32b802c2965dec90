/** A service for tests: what the API answers, by method and path, and what it was asked. */
import { render } from "@testing-library/react";
import { vi } from "vitest";
import { App } from "../app/App";
import { config } from "./fixtures";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  signal: AbortSignal | null;
}

export type Answering = (asked: Asked) => Response | Promise<Response>;

export function serve(routes: Record<string, Answering>): Asked[] {
  const all: Record<string, Answering> = { "GET /api/config": () => Response.json(config()), ...routes };
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (address: string, init: RequestInit = {}) => {
    const url = new URL(address, "http://test");
    const json = new Headers(init.headers).get("content-type") === "application/json";
    const request: Asked = {
      method: init.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      body: json ? JSON.parse(String(init.body)) : init.body,
      signal: init.signal ?? null,
    };
    asked.push(request);
    const answer = all[`${request.method} ${request.path}`];
    return answer ? answer(request) : problem(404, "There is no such path in this test.");
  });
  return asked;
}

export function problem(status: number, detail: string, more: object = {}): Response {
  return new Response(JSON.stringify({ type: "about:blank", title: "Problem", status, detail, requestId: "req-1", ...more }), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}

/** A stream that the test writes, event by event. */
export function stream() {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    answer: () => new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
    send: (event: string, data: unknown) => controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)),
    end: () => controller.close(),
    cut: () => controller.error(new TypeError("network error")),
  };
}

export const meta = { requestId: "req-2", model: "test", careers: [{ id: "welder", title: "Welder", link: "/careers/welder" }] };

export function open(path: string) {
  window.history.replaceState(null, "", path);
  return render(<App />);
}
