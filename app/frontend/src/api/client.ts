/** The API, by its OpenAPI file: the types are generated from it (`npm run types`). */
import { problemFrom, readProblem } from "./problem";
import type { components } from "./schema";

export type Schemas = components["schemas"];
export type Career = Schemas["Career"];
export type CareerSummary = Schemas["CareerSummary"];
export type CareerPage = Schemas["CareerPage"];
export type Comparison = Schemas["Comparison"];
export type Config = Schemas["Config"];
export type Items = Schemas["AssessmentItems"];
export type Letter = Schemas["Riasec"];
export type Scores = Schemas["Scores"];
export type Profile = Schemas["Profile"];
export type Matches = Schemas["Matches"];
export type Plan = Schemas["Plan"];
export type Check = Schemas["Check"];
export type ResumeReview = Schemas["ResumeReview"];
export type Interview = Schemas["Interview"];
export type EducationLevel = Schemas["EducationLevel"];
export type Growth = Schemas["Growth"];

const patience = 20_000; // milliseconds; the API itself gives up before
const patienceForFiles = 120_000; // two megabytes over a telephone's poor connection

async function ask<T>(path: string, signal: AbortSignal | undefined, init: RequestInit = {}): Promise<T> {
  const limit = AbortSignal.timeout(init.body instanceof Blob ? patienceForFiles : patience);
  const answer = await fetch(path, { ...init, signal: signal ? AbortSignal.any([signal, limit]) : limit, headers: { Accept: "application/json", ...init.headers } });
  if (!answer.ok) throw await readProblem(answer);
  const body: unknown = await answer.json().catch((error: unknown) => {
    // Something between here and the service may answer in its place, and call that a success.
    if (error instanceof SyntaxError) return null;
    throw error;
  });
  if (typeof body !== "object" || body === null) throw problemFrom(502, {});
  return body as T;
}

function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export const api = {
  config: (signal?: AbortSignal) => ask<Config>("/api/config", signal),
  careers: (query: URLSearchParams, signal?: AbortSignal) => ask<CareerPage>(`/api/careers?${query}`, signal),
  career: (id: string, signal?: AbortSignal) => ask<Career>(`/api/careers/${encodeURIComponent(id)}`, signal),
  compare: (ids: string[], signal?: AbortSignal) => ask<Comparison>(`/api/careers/compare?${new URLSearchParams({ ids: ids.join(",") })}`, signal),
  items: (signal?: AbortSignal) => ask<Items>("/api/assessment/items", signal),
  score: (body: Schemas["ScoreRequest"], signal?: AbortSignal) => post<Profile>("/api/assessment/score", body, signal),
  match: (body: Schemas["MatchRequest"], signal?: AbortSignal) => post<Matches>("/api/match", body, signal),
  plan: (body: Schemas["PlanRequest"], signal?: AbortSignal) => post<Plan>("/api/plan", body, signal),
  interview: (body: Schemas["InterviewRequest"], signal?: AbortSignal) => post<Interview>("/api/interview", body, signal),
  review: (file: Blob, type: string, careerId: string, signal?: AbortSignal) =>
    ask<ResumeReview>(`/api/resume/review${careerId ? `?${new URLSearchParams({ careerId })}` : ""}`, signal, {
      method: "POST",
      headers: { "Content-Type": type },
      body: file,
    }),
};

/** Every occupation by title, for pickers; the API gives at most a hundred at once. */
export async function allCareers(signal?: AbortSignal): Promise<CareerSummary[]> {
  const all: CareerSummary[] = [];
  for (;;) {
    const page = await api.careers(new URLSearchParams({ limit: "100", offset: String(all.length), sort: "title" }), signal);
    all.push(...page.careers);
    if (page.careers.length === 0 || all.length >= page.total) return all;
  }
}
