import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { ResumeReview } from "../api/client";
import { resume } from "../stored/documents";
import { read } from "../stored/store";
import { careerPage, config, welder } from "../testing/fixtures";
import { meta, open, problem, serve, stream } from "../testing/server";

const hostile = '<img src=x onerror="alert(1)">';

const review: ResumeReview = {
  document: { kind: "pdf", bytes: 900, pages: 1, words: 312, truncated: false },
  text: `Jane Doe, welder, ten years in the yards of the harbour. ${hostile}`,
  score: 64,
  checks: [
    { id: "length", title: "Length", status: "good", detail: "One page." },
    { id: "numbers", title: "Results", status: "improve", detail: "No figures.", advice: "Say how many.", evidence: [hostile] },
  ],
  model: { available: true },
};

const routes = { "GET /api/careers": () => Response.json(careerPage(welder)), "POST /api/resume/review": () => Response.json(review) };
const pdf = () => new File(["%PDF-1.7"], "resume.pdf", { type: "application/pdf" });

async function upload(file: File) {
  await userEvent.upload(await screen.findByLabelText("Choose a file"), file, { applyAccept: false });
}

test("a file is sent as it is, its findings are shown, the gravest first, and kept here", async () => {
  const asked = serve(routes);
  open("/resume");
  await screen.findByRole("option", { name: "Welder" });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: /Hold it against/ }), "Welder");
  await upload(pdf());
  expect(await screen.findByRole("heading", { name: "1 thing to look at" })).toBeTruthy();
  expect(screen.getAllByText(/^(Could be better|Good)$/).map((one) => one.textContent)).toEqual(["Could be better", "Good"]);
  const sent = asked.find(({ path }) => path === "/api/resume/review");
  expect(sent?.query.get("careerId")).toBe("welder");
  expect(sent?.body).toBeInstanceOf(File);
  expect(read(resume)?.score).toBe(64);
});

test("what stands in a résumé is shown as text, whatever it is", async () => {
  serve(routes);
  open("/resume");
  await upload(pdf());
  const evidence = await screen.findByRole("list", { name: "From your text" });
  expect(within(evidence).getByText(hostile)).toBeTruthy();
  expect(document.querySelector("main img")).toBeNull();
});

test.each([
  ["a picture", new File(["x"], "me.png"), "Only PDF, DOCX and TXT"],
  ["an old Word file", new File(["x"], "cv.doc"), "Old Word files"],
  ["an empty file", new File([], "cv.pdf"), "empty"],
  ["a large file", new File([new Uint8Array(2 * 1024 * 1024 + 1)], "cv.pdf"), "at most 2.0 MB"],
])("%s is not even sent", async (_, file, words) => {
  const asked = serve(routes);
  open("/resume");
  await upload(file);
  expect((await screen.findByRole("alert")).textContent).toContain(words);
  expect(asked.some(({ path }) => path === "/api/resume/review")).toBe(false);
});

test("what the service refuses is told in its words", async () => {
  serve({ ...routes, "POST /api/resume/review": () => problem(422, "This document holds macros; save it without them.", { type: "/problems/file-macros" }) });
  open("/resume");
  await upload(pdf());
  expect((await screen.findByRole("alert")).textContent).toContain("This document holds macros; save it without them.");
});

test("written feedback comes only when asked for, and is kept", async () => {
  const answer = stream();
  const asked = serve({ ...routes, "POST /api/resume/feedback": answer.answer });
  open("/resume");
  await upload(pdf());
  await screen.findByRole("heading", { name: "1 thing to look at" });
  expect(asked.some(({ path }) => path === "/api/resume/feedback")).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Ask for written feedback" }));
  answer.send("meta", meta);
  answer.send("delta", { text: "**Begin** with what you did." });
  expect((await screen.findByText("Begin")).tagName).toBe("STRONG");
  answer.send("done", { finishReason: "stop" });
  answer.end();
  expect(await screen.findByText("The feedback is complete.")).toBeTruthy();
  expect(read(resume)?.feedback).toBe("**Begin** with what you did.");
});

test("without a key the checks stand, and the page says that there is no written feedback", async () => {
  serve({ ...routes, "GET /api/config": () => Response.json(config(false)) });
  open("/resume");
  await upload(pdf());
  expect(await screen.findByText(/nobody reads it beyond the checks above/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Ask for written feedback" })).toBeNull();
});
