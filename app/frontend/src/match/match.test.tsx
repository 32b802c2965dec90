import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { profile as kept } from "../stored/documents";
import { write } from "../stored/store";
import { matches, profile } from "../testing/fixtures";
import { open, serve } from "../testing/server";

test("without a result it leads to the assessment", async () => {
  serve({});
  open("/matches");
  expect((await screen.findByRole("link", { name: "To the assessment" })).getAttribute("href")).toBe("/assessment");
});

test("each match says what speaks for and against it", async () => {
  write(kept, { ...profile, taken: "2026-01-01T00:00:00Z" });
  serve({ "POST /api/match": () => Response.json(matches) });
  open("/matches");
  const card = await screen.findByRole("article", { name: "Welder" });
  expect(within(within(card).getByRole("list", { name: "Speaks for it" })).getByText("Its strongest side is yours too.")).toBeTruthy();
  expect(within(within(card).getByRole("list", { name: "Speaks against it" })).getByText("It pays less than you wish for.")).toBeTruthy();
});

test("only wishes that were made are sent", async () => {
  write(kept, { ...profile, taken: "2026-01-01T00:00:00Z" });
  const asked = serve({ "POST /api/match": () => Response.json(matches) });
  open("/matches");
  await screen.findByRole("article", { name: "Welder" });
  const last = () => asked.findLast(({ path }) => path === "/api/match")?.body;
  expect(last()).toEqual({ scores: profile.scores, strict: false, limit: 24 });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Middle pay, at least" }), "$60,000");
  await userEvent.type(screen.getByRole("textbox", { name: "Skills you have" }), "teaching, welding{Enter}");
  await waitFor(() => expect(last()).toEqual({ scores: profile.scores, preferences: { payMin: 60_000 }, skills: ["teaching", "welding"], strict: false, limit: 24 }));
  await userEvent.click(screen.getByRole("button", { name: "Remove teaching" }));
  await waitFor(() => expect(last()).toMatchObject({ skills: ["welding"] }));
});
