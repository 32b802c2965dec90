import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { conversation, profile as kept, saved, sharing } from "../stored/documents";
import { read, write } from "../stored/store";
import { config, profile, welder } from "../testing/fixtures";
import { meta, open, problem, serve, stream } from "../testing/server";

async function say(words: string) {
  await userEvent.type(await screen.findByRole("textbox", { name: "Your message" }), `${words}{Enter}`);
}

test("words are shown while the answer is still coming, with links to careers", async () => {
  const answer = stream();
  serve({ "POST /api/chat": answer.answer });
  open("/counsellor");
  await say("What is welding like?");
  answer.send("meta", meta);
  answer.send("delta", { text: "Look at [Welder](/careers/wel" });
  expect(await screen.findByText(/Look at/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Stop" })).toBeTruthy();
  answer.send("delta", { text: "der), it is **loud**." });
  answer.send("done", { finishReason: "stop" });
  answer.end();
  expect((await screen.findByRole("link", { name: "Welder" })).getAttribute("href")).toBe("/careers/welder");
  expect(await screen.findByRole("button", { name: "Answer anew" })).toBeTruthy();
  expect(screen.getByText("The counsellor answered: Look at Welder, it is loud.")).toBeTruthy();
  expect(read(conversation).map(({ role, ending }) => [role, ending])).toEqual([
    ["user", ""],
    ["assistant", "stop"],
  ]);
});

test("stopping keeps what came and ends the request", async () => {
  const answer = stream();
  const asked = serve({ "POST /api/chat": answer.answer });
  open("/counsellor");
  await say("Tell me all.");
  answer.send("delta", { text: "To begin with" });
  await screen.findByText("To begin with");
  const signal = asked.find(({ path }) => path === "/api/chat")?.signal;
  await userEvent.click(screen.getByRole("button", { name: "Stop" }));
  // The fetch of a browser ends its body when its signal is aborted; the one of this test has to be told.
  expect(signal?.aborted).toBe(true);
  answer.cut();
  expect(await screen.findByText("You stopped this answer.")).toBeTruthy();
  expect(read(conversation).at(-1)).toMatchObject({ content: "To begin with", ending: "stopped" });
});

test("a cut stream is said, what came stays, and trying again replaces it", async () => {
  const first = stream();
  const second = stream();
  const answers = [first, second];
  const asked = serve({ "POST /api/chat": () => (answers.shift() ?? second).answer() });
  open("/counsellor");
  await say("Hello?");
  first.send("delta", { text: "Half an" });
  await screen.findByText("Half an");
  first.cut();
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("The answer broke off");
  expect(screen.getByText("Half an")).toBeTruthy();
  await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
  second.send("delta", { text: "A whole answer." });
  second.send("done", { finishReason: "stop" });
  second.end();
  expect(await screen.findByText("A whole answer.")).toBeTruthy();
  await waitFor(() => expect(read(conversation)).toHaveLength(2));
  expect(screen.queryByText("Half an")).toBeNull();
  const bodies = asked.filter(({ path }) => path === "/api/chat").map(({ body }) => body);
  expect(bodies[0]).toEqual(bodies[1]);
});

test("a stream that ends without its end counts as cut, and so does an error event", async () => {
  const quiet = stream();
  const told = stream();
  const answers = [quiet, told];
  serve({ "POST /api/chat": () => (answers.shift() ?? told).answer() });
  open("/counsellor");
  await say("Hello?");
  quiet.send("delta", { text: "Half" });
  quiet.end();
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  told.send("error", { type: "/problems/model-failing", title: "Failing", detail: "The model's service stopped answering.", retryable: true });
  told.end();
  expect((await screen.findByRole("alert")).textContent).toContain("The model's service stopped answering.");
});

test("too many questions: says how long to wait", async () => {
  serve({ "POST /api/chat": () => new Response(JSON.stringify({ title: "x", detail: "At most 20 a minute." }), { status: 429, headers: { "Content-Type": "application/problem+json", "Retry-After": "7" } }) });
  open("/counsellor");
  await say("Again!");
  expect((await screen.findByRole("alert")).textContent).toContain("At most 20 a minute. Try again in 7 seconds.");
});

test("an answer can be asked for anew", async () => {
  write(conversation, [
    { role: "user", content: "Hello", ending: "", careers: [], notices: [] },
    { role: "assistant", content: "Old words", ending: "stop", careers: [], notices: [] },
  ]);
  const answer = stream();
  const asked = serve({ "POST /api/chat": answer.answer });
  open("/counsellor");
  await userEvent.click(await screen.findByRole("button", { name: "Answer anew" }));
  answer.send("delta", { text: "New words" });
  answer.send("done", { finishReason: "stop" });
  answer.end();
  expect(await screen.findByText("New words")).toBeTruthy();
  expect(screen.queryByText("Old words")).toBeNull();
  expect(asked.find(({ path }) => path === "/api/chat")?.body).toEqual({ messages: [{ role: "user", content: "Hello" }] });
});

test("nothing is shared until it is ticked, and then only that", async () => {
  write(kept, { ...profile, taken: "2026-01-01" });
  write(saved, [{ id: "welder", title: "Welder" }]);
  const answers = [stream(), stream()] as const;
  let turn = 0;
  const asked = serve({ "POST /api/chat": () => (answers[turn++] ?? answers[1]).answer() });
  open("/counsellor");
  await say("One");
  answers[0].send("delta", { text: "First." });
  answers[0].send("done", { finishReason: "stop" });
  await screen.findByRole("button", { name: "Answer anew" });
  await userEvent.click(screen.getByRole("checkbox", { name: /My interests/ }));
  await userEvent.type(screen.getByRole("textbox", { name: "A note about me" }), "I cannot move");
  await say("Two");
  const bodies = asked.filter(({ path }) => path === "/api/chat").map(({ body }) => body as { shared?: unknown });
  expect(bodies[0]?.shared).toBeUndefined();
  expect(bodies[1]?.shared).toEqual({ scores: profile.scores, note: "I cannot move" });
  expect((screen.getByRole("checkbox", { name: /My résumé/ }) as HTMLInputElement).disabled).toBe(true);
});

test("coming from a career, it is what the counsellor is told", async () => {
  write(sharing, { scores: false, saved: false, skills: false, resume: false, note: "" });
  const answer = stream();
  const asked = serve({ "POST /api/chat": answer.answer, "GET /api/careers/welder": () => Response.json(welder) });
  open("/counsellor?career=welder");
  await userEvent.click(await screen.findByRole("button", { name: /^Welder: what should I know/ }));
  await waitFor(() => expect(asked.find(({ path }) => path === "/api/chat")?.body).toMatchObject({ shared: { careerIds: ["welder"] } }));
});

test("a notice of the service stands for the answer, with where to find help", async () => {
  const answer = stream();
  serve({ "POST /api/chat": answer.answer });
  open("/counsellor");
  await say("I cannot go on");
  answer.send("meta", { ...meta, careers: [] });
  answer.send("notice", { kind: "distress", title: "You are not alone", text: "Please talk to someone.", signposts: [{ name: "A lifeline", contact: "Call 988", link: "https://988lifeline.org/" }] });
  answer.send("done", { finishReason: "signpost" });
  answer.end();
  expect(await screen.findByText("You are not alone")).toBeTruthy();
  expect(screen.getByRole("link", { name: /^A lifeline/ })).toBeTruthy();
});

test("without a key the page says so before anything is asked", async () => {
  serve({ "GET /api/config": () => Response.json(config(false)), "POST /api/chat": () => problem(503, "There is no key.", { type: "/problems/no-model" }) });
  open("/counsellor");
  expect(await screen.findByText("The counsellor’s model is not connected here")).toBeTruthy();
  await say("Hello");
  expect((await screen.findByRole("alert")).textContent).toContain("There is no key.");
});

test("what was forgotten in another tab does not come back with the answer that was on its way", async () => {
  const answer = stream();
  serve({ "POST /api/chat": answer.answer });
  open("/counsellor");
  await say("Hello?");
  answer.send("delta", { text: "Words" });
  await screen.findByText("Words");
  window.localStorage.clear();
  window.dispatchEvent(new StorageEvent("storage", { key: null }));
  answer.send("done", { finishReason: "stop" });
  answer.end();
  await screen.findByRole("button", { name: "Send" });
  expect(read(conversation)).toEqual([]);
});

test("events of another shape are passed over, and an end of an unknown kind is an end", async () => {
  const answer = stream();
  serve({ "POST /api/chat": answer.answer });
  open("/counsellor");
  await say("Hello?");
  for (const [event, data] of [["delta", 5], ["delta", { text: null }], ["meta", { careers: "all" }], ["notice", { kind: "new", title: 1 }], ["toString", {}], ["delta", { text: "Whole." }], ["done", { finishReason: "tired" }]] as const) answer.send(event, data);
  answer.end();
  expect(await screen.findByText("Whole.")).toBeTruthy();
  await screen.findByRole("button", { name: "Answer anew" });
  expect(read(conversation).at(-1)).toMatchObject({ content: "Whole.", ending: "stop" });
});

test("words that were not sent are there when one comes back, and too many of them are said", async () => {
  serve({});
  const page = open("/counsellor");
  await userEvent.type(await screen.findByRole("textbox", { name: "Your message" }), "Unsent");
  page.unmount();
  open("/counsellor");
  const field = (await screen.findByRole("textbox", { name: "Your message" })) as HTMLTextAreaElement;
  expect(field.value).toBe("Unsent");
  await userEvent.clear(field);
  await userEvent.click(field);
  await userEvent.paste("x".repeat(4001));
  expect((await screen.findByRole("alert")).textContent).toContain("more than is read at once");
  await userEvent.keyboard("{Enter}");
  expect(read(conversation)).toEqual([]);
});
