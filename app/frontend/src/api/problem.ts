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
  502: "The counsellor's model could not be reached",
  503: "That is not available just now",
  504: "The answer took too long",
};

const text = (value: unknown): string => (typeof value === "string" ? value.slice(0, 500) : "");

export function problemFrom(status: number, body: unknown, headers?: Headers): Problem {
  const members = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const wait = Number(headers?.get("retry-after") ?? 0);
  return new Problem(
    status,
    spoken[status] ?? (text(members.title) || "Something went wrong"),
    text(members.detail),
    text(members.request_id) || text(members.requestId) || text(members.instance) || (headers?.get("x-request-id") ?? ""),
    Number.isFinite(wait) && wait > 0 ? Math.min(wait, 3600) : 0,
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
}

export function explain(error: unknown): Explanation {
  if (error instanceof Problem) {
    const wait = error.retryAfter ? ` Try again in ${error.retryAfter} second${error.retryAfter === 1 ? "" : "s"}.` : "";
    return { title: error.title, detail: sentence(error.detail) + wait, reference: error.requestId };
  }
  if (error instanceof DOMException && error.name === "TimeoutError")
    return { title: "The answer took too long", detail: "The connection may be slow. Nothing of yours was lost.", reference: "" };
  if (error instanceof TypeError) return { title: "The service could not be reached", detail: "Look at your connection, then try again. Nothing of yours was lost.", reference: "" };
  return { title: "Something went wrong", detail: error instanceof Error ? sentence(error.message) : "", reference: "" };
}

function sentence(words: string): string {
  if (!words) return "";
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
