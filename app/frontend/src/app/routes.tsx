import { type ComponentType, lazy, type LazyExoticComponent } from "react";

export interface Route {
  /** `:name` stands for one part of the path. */
  pattern: string;
  page: ComponentType<Params> | LazyExoticComponent<ComponentType<Params>>;
}

export type Params = Record<string, string>;

const loads: (() => Promise<unknown>)[] = [];

function route(pattern: string, load: () => Promise<{ default: ComponentType<Params> }>): Route {
  loads.push(load);
  return { pattern, page: lazy(load) };
}

/** Each feature is a chunk of its own; the first page needs only its own. */
export const routes: Route[] = [
  route("/", () => import("../home/Home")),
  route("/assessment", () => import("../assessment/Start")),
  route("/assessment/questions", () => import("../assessment/Questions")),
  route("/assessment/result", () => import("../assessment/Result")),
  route("/matches", () => import("../match/MatchPage")),
  route("/careers", () => import("../explorer/Explorer")),
  route("/careers/:id", () => import("../explorer/CareerPage")),
  route("/compare", () => import("../compare/Compare")),
  route("/plan", () => import("../plan/PlanList")),
  route("/plan/:id", () => import("../plan/PlanPage")),
  route("/resume", () => import("../resume/ResumePage")),
  route("/interview", () => import("../interview/InterviewPage")),
  route("/counsellor", () => import("../chat/ChatPage")),
  route("/data", () => import("../data/DataPage")),
  route("/help", () => import("../available/HelpPage")),
  route("/available", () => import("../available/AvailablePage")),
];

/**
 * Fetches the pages that one has not been to while nothing else is to do: they open at once then, also when the connection is gone or a newer
 * version has taken the place of their files. They are small; who saves data is left alone.
 */
export function fetchAhead(): void {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData || !("requestIdleCallback" in window)) return;
  const rest = [...loads];
  const next = (): void => {
    const load = rest.shift();
    // One that fails now is asked for again, and told of, when one goes there.
    if (load) load().then(ahead, () => undefined);
  };
  const ahead = (): number => window.requestIdleCallback(next, { timeout: 5000 });
  ahead();
}

export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/");
  const given = path.replace(/(?<=.)\/$/, "").split("/");
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? "";
    if (part.startsWith(":")) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

export function find(path: string): { route: Route; params: Params } | null {
  for (const candidate of routes) {
    const params = match(candidate.pattern, path);
    if (params) return { route: candidate, params };
  }
  return null;
}
