import { type ComponentType, lazy, type LazyExoticComponent } from "react";

export interface Route {
  /** `:name` stands for one part of the path. */
  pattern: string;
  page: ComponentType<Params> | LazyExoticComponent<ComponentType<Params>>;
}

export type Params = Record<string, string>;

const route = (pattern: string, load: () => Promise<{ default: ComponentType<Params> }>): Route => ({ pattern, page: lazy(load) });

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
  route("/available", () => import("../available/AvailablePage")),
];

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
