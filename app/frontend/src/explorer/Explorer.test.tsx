import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { Explorer } from "./Explorer";

const welder = {
  id: "welder",
  title: "Welder",
  summary: "Joins metal parts by heat.",
  interests: "RC",
  education: "Trade school",
  skills: ["welding"],
  pay: { low: 36000, high: 66000, currency: "USD", per: "year", basis: "estimate", year: 2026 },
  growth: "steady",
  day: "Weld.",
};

function answerWith(...answers: (() => Response)[]) {
  const fetched = vi.fn((_url: string) => Promise.resolve((answers.shift() ?? (() => Response.json({ total: 0, offset: 0, careers: [] })))()));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("shows the careers that the API has, with their pay", async () => {
  answerWith(() => Response.json({ total: 1, offset: 0, careers: [welder] }));
  render(<Explorer />);
  expect(await screen.findByRole("heading", { name: "Welder" })).toBeTruthy();
  expect(screen.getByText(/\$36,000 to \$66,000 a year/)).toBeTruthy();
});

test("asks again as one types and says when nothing fits", async () => {
  const fetched = answerWith(() => Response.json({ total: 1, offset: 0, careers: [welder] }));
  render(<Explorer />);
  await screen.findByRole("heading", { name: "Welder" });
  await userEvent.type(screen.getByRole("searchbox"), "zzz");
  expect(await screen.findByText(/Nothing fits/)).toBeTruthy();
  expect(fetched.mock.lastCall?.[0]).toContain("q=zzz");
});

test("says when the careers cannot be read, and can be asked to try again", async () => {
  answerWith(
    () => new Response("", { status: 503 }),
    () => Response.json({ total: 1, offset: 0, careers: [welder] }),
  );
  render(<Explorer />);
  expect((await screen.findByRole("alert")).textContent).toContain("503");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "Welder" })).toBeTruthy();
});
