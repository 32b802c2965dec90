import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { answers, profile as kept } from "../stored/documents";
import { read, write } from "../stored/store";
import { items, profile } from "../testing/fixtures";
import { open, problem, serve } from "../testing/server";

const routes = {
  "GET /api/assessment/items": () => Response.json(items),
  "POST /api/assessment/score": () => Response.json(profile),
};

const statement = (text: string) => screen.findByRole("heading", { level: 2, name: new RegExp(`${text}$`) });

test("an answer goes on to the next statement, whose heading has the focus; back shows what was answered", async () => {
  serve(routes);
  open("/assessment/questions");
  await statement("Realistic thing 1");
  await userEvent.click(screen.getByRole("button", { name: "Like" }));
  const second = await statement("Investigative thing 1");
  expect(document.activeElement).toBe(second);
  expect(screen.getByRole("progressbar", { name: "1 of 12 answered" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Back" }));
  await statement("Realistic thing 1");
  expect(screen.getByRole("button", { name: "Like", pressed: true })).toBeTruthy();
});

test("the keys 1 to 5 answer, to the end, and the result is shown with its figures", async () => {
  const asked = serve(routes);
  open("/assessment/questions");
  await statement("Realistic thing 1");
  for (let i = 0; i < items.items.length; ++i) await userEvent.keyboard(String((i % 5) + 1));
  expect(await screen.findByRole("heading", { level: 1, name: "You lean Realistic, Investigative, Artistic" })).toBeTruthy();
  expect(screen.getByRole("img", { name: /Your interests: Realistic 80, Investigative 60/ })).toBeTruthy();
  expect(screen.getByText("Two kinds are close.")).toBeTruthy();
  const sent = asked.find(({ path }) => path.endsWith("/score"))?.body as { version: string; answers: Record<string, number> };
  expect(sent.version).toBe("7");
  expect(Object.keys(sent.answers)).toHaveLength(12);
  expect(sent.answers.i1).toBe(2);
  expect(read(kept)?.code).toBe("RIA");
});

test("one comes back to where one stopped", async () => {
  write(answers, { version: "7", at: 4, values: { r1: 1, i1: 2, a1: 3, s1: 4 } });
  serve(routes);
  open("/assessment");
  await userEvent.click(await screen.findByRole("link", { name: /Go on: 4 answered/ }));
  await statement("Enterprising thing 1");
});

test("answers to another version of the statements are not taken for answers to these", async () => {
  write(answers, { version: "6", at: 4, values: { r1: 1, i1: 2 } });
  serve(routes);
  open("/assessment/questions");
  await statement("Realistic thing 1");
  expect(screen.getByRole("progressbar", { name: "0 of 12 answered" })).toBeTruthy();
});

test("what was skipped is asked for at the end", async () => {
  write(answers, { version: "7", at: 11, values: Object.fromEntries(items.items.slice(1).map(({ id }) => [id, 3])) });
  const asked = serve(routes);
  open("/assessment/questions");
  await statement("Conventional thing 2");
  await userEvent.click(screen.getByRole("button", { name: "See the result" }));
  expect((await screen.findByRole("alert")).textContent).toContain("One statement is still open");
  expect(asked.some(({ path }) => path.endsWith("/score"))).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Go to the first of them" }));
  await statement("Realistic thing 1");
});

test("when scoring fails nothing is lost and it can be tried again", async () => {
  write(answers, { version: "7", at: 11, values: Object.fromEntries(items.items.map(({ id }) => [id, 3])) });
  let tries = 0;
  serve({ ...routes, "POST /api/assessment/score": () => (++tries === 1 ? problem(503, "stopping") : Response.json(profile)) });
  open("/assessment/questions");
  await userEvent.click(await screen.findByRole("button", { name: "See the result" }));
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { level: 1, name: /You lean/ })).toBeTruthy();
});

test("a result without a code says so, and names no kind of work", async () => {
  write(kept, { ...profile, code: "", taken: "2026-01-01T00:00:00Z" });
  serve(routes);
  open("/assessment/result");
  expect(await screen.findByRole("heading", { level: 1, name: "No kind of work stands out yet" })).toBeTruthy();
  expect(screen.queryByText(/^You lean/)).toBeNull();
});

test("a result that comes after one has gone elsewhere opens nothing there", async () => {
  write(answers, { version: "7", at: 11, values: Object.fromEntries(items.items.map(({ id }) => [id, 3])) });
  let score: (answer: Response) => void = () => undefined;
  const asked = serve({ ...routes, "POST /api/assessment/score": () => new Promise<Response>((resolve) => void (score = resolve)) });
  open("/assessment/questions");
  await userEvent.click(await screen.findByRole("button", { name: "See the result" }));
  await userEvent.click(screen.getByRole("link", { name: "Your data" }));
  await screen.findByRole("heading", { level: 1, name: "Your data" });
  // The fetch of a browser ends when its signal is aborted; the one of this test has to be told.
  expect(asked.find(({ path }) => path.endsWith("/score"))?.signal?.aborted).toBe(true);
  score(problem(499, "gone"));
  await userEvent.click(screen.getByRole("radio", { name: "Dark" }));
  expect(window.location.pathname).toBe("/data");
});

test("beginning anew asks first: forty-eight answers are soon lost", async () => {
  write(answers, { version: "7", at: 2, values: { r1: 3, i1: 4 } });
  serve(routes);
  open("/assessment");
  await userEvent.click(await screen.findByRole("button", { name: "Begin anew" }));
  expect(Object.keys(read(answers).values)).toHaveLength(2);
  await userEvent.click(screen.getByRole("button", { name: "Forget them" }));
  await statement("Realistic thing 1");
  expect(read(answers).values).toEqual({});
});
