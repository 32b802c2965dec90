import { expect, test } from "vitest";
import { explain, problemFrom, readProblem } from "./problem";

test("a problem of ours is named by what it is, with its points and when to come back", () => {
  const problem = problemFrom(503, { type: "/problems/busy", title: "Busy", detail: "many streams", requestId: "r", retryAfter: 3, errors: [{ pointer: "/a", detail: "A is too long" }, null, 7] });
  expect(explain(problem)).toEqual({ title: "Many people are asking just now", detail: "Many streams. Try again in 3 seconds.", reference: "r", points: ["A is too long"] });
});

test.each([
  ["HTML", new Response("<h1>oops</h1>", { status: 502, headers: { "Content-Type": "text/html" } })],
  ["broken JSON", new Response("{", { status: 502, headers: { "Content-Type": "application/problem+json" } })],
  ["another shape", new Response("[1]", { status: 502, headers: { "Content-Type": "application/json" } })],
])("%s in an error's body shows nothing of itself", async (_, answer) => {
  expect(explain(await readProblem(answer))).toEqual({ title: "The service could not be reached", detail: "", reference: "", points: [] });
});

test("a network that is not there is told in words", () => {
  expect(explain(new TypeError("Failed to fetch")).title).toBe("The service could not be reached");
  expect(explain(new DOMException("x", "TimeoutError")).title).toBe("The answer took too long");
});
