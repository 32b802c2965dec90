/** RFC 9457: what the API answers when it cannot do what it was asked. */
export class Problem extends Error {
  override name = "Problem";

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string,
    /** Seconds after which to ask again, when the API said so; otherwise 0. */
    readonly retryAfter: number,
    /** What does not hold, point by point, when the API said so. */
    readonly points: readonly string[] = [],
  ) {
    super(detail || title);
  }
}

const spoken: Record<number, string> = {
  400: "That request could not be understood",
  404: "There is nothing here by that name",
  408: "That took too long",
  413: "That is too large",
  415: "That kind of file cannot be read",
  422: "Something in there does not fit",
  429: "A short break is needed",
  500: "Something went wrong on our side",
  502: "The service could not be reached",
  503: "That is not available just now",
  504: "The answer took too long",
};

/** Problems of our own say more than their status does. */
const named = new Map(Object.entries({
  "/problems/no-model": "The counsellor’s model is not connected here",
  "/problems/model-failing": "The counsellor cannot be reached just now",
  "/problems/draining": "The service is being renewed",
  "/problems/busy": "Many people are asking just now",
  "/problems/rate-limit": "A short break is needed",
  "/problems/file-type": "That kind of file cannot be read",
  "/problems/file-encrypted": "This file is locked by a password",
  "/problems/file-macros": "This file holds macros",
  "/problems/file-unreadable": "This file cannot be read",
  "/problems/file-limits": "This file is too much to read",
  "/problems/file-empty": "There is no text in this file",
}));

const text = (value: unknown): string => (typeof value === "string" ? value.slice(0, 500) : "");

export function problemFrom(status: number, body: unknown, headers?: Headers): Problem {
  const members = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const wait = Number(headers?.get("retry-after") ?? members.retryAfter ?? 0);
  const points = Array.isArray(members.errors) ? members.errors.slice(0, 5).map((one: unknown) => text((one as { detail?: unknown } | null)?.detail)) : [];
  return new Problem(
    status,
    named.get(text(members.type)) ?? spoken[status] ?? (text(members.title) || "Something went wrong"),
    text(members.detail),
    text(members.request_id) || text(members.requestId) || text(members.instance) || (headers?.get("x-request-id") ?? ""),
    Number.isFinite(wait) && wait > 0 ? Math.min(wait, 3600) : 0,
    points.filter(Boolean),
  );
}

/** The problem that an answer tells, whatever its body is: proxies answer HTML. */
export async function readProblem(answer: Response): Promise<Problem> {
  const json = answer.headers.get("content-type")?.includes("json") ?? false;
  const body: unknown = json ? await answer.json().catch(() => ({})) : {};
  return problemFrom(answer.status, body, answer.headers);
}

export interface Explanation {
  title: string;
  detail: string;
  reference: string;
  points: readonly string[];
}

export function explain(error: unknown): Explanation {
  if (error instanceof Problem) {
    const wait = error.retryAfter && !/again/i.test(error.detail) ? ` Try again in ${error.retryAfter} second${error.retryAfter === 1 ? "" : "s"}.` : "";
    return { title: error.title, detail: sentence(error.detail) + wait, reference: error.requestId, points: error.points };
  }
  if (error instanceof DOMException && error.name === "TimeoutError")
    return { title: "The answer took too long", detail: "The connection may be slow. Nothing of yours was lost.", reference: "", points: [] };
  if (error instanceof TypeError) return { title: "The service could not be reached", detail: "Look at your connection, then try again. Nothing of yours was lost.", reference: "", points: [] };
  return { title: "Something went wrong", detail: error instanceof Error ? sentence(error.message) : "", reference: "", points: [] };
}

function sentence(words: string): string {
  if (!words) return "";
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
