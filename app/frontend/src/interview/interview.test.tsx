import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Interview } from "../api/client";
import { drafts, interview } from "../stored/documents";
import { read } from "../stored/store";
import { careerPage, welder } from "../testing/fixtures";
import { meta, open, serve, stream } from "../testing/server";

const questions: Interview = {
  career: { id: "welder", title: "Welder" },
  questions: [
    { id: "q1", kind: "motivation", text: "Why welding?", why: "Whether you know it.", tips: ["Name a day."], skill: null },
    { id: "q2", kind: "skill", text: "What is a cold joint?", why: "What you know.", tips: ["Be brief."], skill: "welding" },
  ],
};

const routes = { "GET /api/careers": () => Response.json(careerPage(welder)), "POST /api/interview": () => Response.json(questions) };

async function begin() {
  await screen.findByRole("option", { name: "Welder" });
  await userEvent.click(screen.getByRole("button", { name: /^Begin with/ }));
  await screen.findByRole("heading", { name: "Why welding?" });
}

test("a career is needed to begin", async () => {
  const asked = serve(routes);
  open("/interview");
  await userEvent.click(await screen.findByRole("button", { name: /^Begin with/ }));
  expect((await screen.findByRole("alert")).textContent).toBe("Choose a career first.");
  expect(asked.some(({ path }) => path === "/api/interview")).toBe(false);
});

test("checks come before the model's words, and both stay when one comes back", async () => {
  const answer = stream();
  const asked = serve({ ...routes, "POST /api/interview/feedback": answer.answer });
  const page = open("/interview?career=welder");
  await begin();
  await userEvent.type(screen.getByRole("textbox", { name: "Your answer" }), "Because seams last.");
  await userEvent.click(screen.getByRole("button", { name: "Get feedback" }));
  answer.send("meta", meta);
  answer.send("checks", { checks: [{ id: "short", title: "Length", status: "improve", detail: "Very short." }] });
  expect(await screen.findByText("Very short.")).toBeTruthy();
  expect(screen.getByText("Reading your answer …")).toBeTruthy();
  answer.send("delta", { text: "Say more." });
  answer.send("done", { finishReason: "stop" });
  answer.end();
  expect(await screen.findByText("Feedback is complete.")).toBeTruthy();
  expect(asked.find(({ path }) => path.endsWith("/feedback"))?.body).toEqual({ careerId: "welder", question: "Why welding?", answer: "Because seams last." });
  await userEvent.click(screen.getByRole("button", { name: "Next question" }));
  expect(document.activeElement).toBe(await screen.findByRole("heading", { name: "What is a cold joint?" }));
  expect(read(interview)?.practised.q1?.feedback).toBe("Say more.");
  page.unmount();
  open("/interview");
  await userEvent.click(await screen.findByRole("button", { name: "Back" }));
  expect(await screen.findByText("Say more.")).toBeTruthy();
});

test("without a model there are the checks and a word about it", async () => {
  const answer = stream();
  serve({ ...routes, "POST /api/interview/feedback": answer.answer });
  open("/interview?career=welder");
  await begin();
  await userEvent.type(screen.getByRole("textbox", { name: "Your answer" }), "Seams.");
  await userEvent.click(screen.getByRole("button", { name: "Get feedback" }));
  answer.send("meta", { ...meta, model: null });
  answer.send("checks", { checks: [{ id: "short", title: "Length", status: "improve", detail: "Very short." }] });
  answer.send("notice", { kind: "no-model", title: "No model here", text: "These are the checks.", signposts: [] });
  answer.send("done", { finishReason: "no-model" });
  answer.end();
  expect(await screen.findByText("No model here")).toBeTruthy();
});

test("the first question takes the focus, and an answer that was not sent is there when one comes back", async () => {
  serve(routes);
  const page = open("/interview?career=welder");
  await begin();
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Why welding?"));
  await userEvent.type(screen.getByRole("textbox", { name: "Your answer" }), "Half a thought");
  await userEvent.click(screen.getByRole("button", { name: "Next question" }));
  expect((screen.getByRole("textbox", { name: "Your answer" }) as HTMLTextAreaElement).value).toBe("");
  page.unmount();
  open("/interview");
  await userEvent.click(await screen.findByRole("button", { name: "Back" }));
  expect((screen.getByRole("textbox", { name: "Your answer" }) as HTMLTextAreaElement).value).toBe("Half a thought");
  await userEvent.click(screen.getByRole("button", { name: "Forget this practice" }));
  await userEvent.click(screen.getByRole("button", { name: "Forget them" }));
  expect(read(drafts)).toEqual({});
});

test("what is kept beside the feedback is the answer that it is about", async () => {
  const answer = stream();
  serve({ ...routes, "POST /api/interview/feedback": answer.answer });
  open("/interview?career=welder");
  await begin();
  const field = screen.getByRole("textbox", { name: "Your answer" });
  await userEvent.type(field, "First.");
  await userEvent.click(screen.getByRole("button", { name: "Get feedback" }));
  await userEvent.type(field, " Second.");
  answer.send("meta", meta);
  answer.send("checks", { checks: [{ id: "length", title: "Length", status: "improve", detail: "Short." }] });
  answer.send("done", { finishReason: "no-model" });
  answer.end();
  await screen.findByText("Feedback is complete.");
  expect(read(interview)?.practised.q1?.answer).toBe("First.");
});
