import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { comparing, saved } from "../stored/documents";
import { read, write } from "../stored/store";
import { careerPage, plumber, welder } from "../testing/fixtures";
import { open, problem, serve } from "../testing/server";
import { pagesAround } from "./Explorer";

test("shows what was found, with pay, its basis and its year", async () => {
  serve({ "GET /api/careers": () => Response.json(careerPage(welder, plumber)) });
  open("/careers");
  const card = await screen.findByRole("article", { name: "Welder" });
  expect(within(card).getByText("$36,000–$66,000")).toBeTruthy();
  expect(screen.getByText("2 careers")).toBeTruthy();
  expect(screen.getByText(/An estimate \(2026\)/)).toBeTruthy();
});

test("what is typed and chosen goes into the address, and what the address says is asked for", async () => {
  const asked = serve({ "GET /api/careers": () => Response.json(careerPage(welder)) });
  open("/careers?growth=steady&nonsense=1&interest=Q");
  await userEvent.type(await screen.findByRole("searchbox", { name: "Search" }), "weld");
  await screen.findByRole("option", { name: "Skilled trades (2)" });
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Field" }), "trades");
  await waitFor(() => {
    const last = asked.findLast(({ path }) => path === "/api/careers");
    expect(Object.fromEntries(last?.query ?? [])).toEqual({ q: "weld", field: "trades", growth: "steady", offset: "0", limit: "24" });
  });
  expect(window.location.search).toContain("q=weld");
  expect(window.location.search).toContain("field=trades");
});

test("when nothing fits it says so, and the filters can be cleared", async () => {
  serve({ "GET /api/careers": ({ query }) => Response.json(query.get("q") ? careerPage() : careerPage(welder)) });
  open("/careers?q=zzz");
  await userEvent.click(await screen.findByRole("button", { name: "Clear the filters" }));
  expect(await screen.findByRole("article", { name: "Welder" })).toBeTruthy();
  expect((screen.getByRole("searchbox", { name: "Search" }) as HTMLInputElement).value).toBe("");
});

test("says when it cannot be read, and tries again", async () => {
  let tries = 0;
  serve({ "GET /api/careers": () => (++tries === 1 ? new Response("<h1>Bad gateway</h1>", { status: 502 }) : Response.json(careerPage(welder))) });
  open("/careers");
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).not.toContain("<h1>");
  await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("article", { name: "Welder" })).toBeTruthy();
});

test("a career can be saved and put aside for comparing, and let go again", async () => {
  serve({ "GET /api/careers": () => Response.json(careerPage(welder, plumber)) });
  open("/careers");
  await userEvent.click(await screen.findByRole("button", { name: "Save Welder" }));
  expect(read(saved)).toEqual([{ id: "welder", title: "Welder" }]);
  await userEvent.click(screen.getByRole("button", { name: "Compare Welder" }));
  await userEvent.click(screen.getByRole("button", { name: "Compare Plumber" }));
  expect(screen.getByRole("link", { name: "Compare 2" })).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Saved Welder" }));
  expect(read(saved)).toEqual([]);
});

test("a career's page says what it is, and an unknown one that it is not there", async () => {
  serve({ "GET /api/careers/welder": () => Response.json(welder), "GET /api/careers/wizard": () => problem(404, "no such career") });
  const page = open("/careers/welder");
  expect(await screen.findByRole("heading", { level: 1, name: "Welder" })).toBeTruthy();
  expect(screen.getByText("Set up, join, inspect.")).toBeTruthy();
  screen.getByText("6 to 24 months. Cost, by our estimate: $3,000–20,000 for schooling and tools.");
  screen.getByText("A licence of the state");
  expect(screen.getByRole("link", { name: "Plan how to get there" }).getAttribute("href")).toBe("/plan/welder");
  page.unmount();
  open("/careers/wizard");
  expect(await screen.findByRole("heading", { level: 1, name: "This career is not in the explorer" })).toBeTruthy();
});

test("two careers stand side by side, and one can be taken out", async () => {
  write(comparing, [
    { id: "welder", title: "Welder" },
    { id: "plumber", title: "Plumber" },
  ]);
  const asked = serve({
    "GET /api/careers": () => Response.json(careerPage(welder, plumber)),
    "GET /api/careers/compare": () => Response.json({ careers: [welder, plumber], skills: [{ name: "welding", levels: [4, null] }] }),
  });
  open("/compare");
  const row = await screen.findByRole("row", { name: /^welding/ });
  expect(row.textContent).toBe("weldingadvancednot asked for");
  expect(asked.find(({ path }) => path.endsWith("/compare"))?.query.get("ids")).toBe("welder,plumber");
  expect(window.location.search).toBe("?ids=welder%2Cplumber");
  await userEvent.click(screen.getByRole("button", { name: "Take Plumber out" }));
  expect(await screen.findByRole("heading", { name: "One more, please" })).toBeTruthy();
});

test("a link to a comparison opens it", async () => {
  serve({
    "GET /api/careers": () => Response.json(careerPage(welder, plumber)),
    "GET /api/careers/compare": () => Response.json({ careers: [plumber, welder], skills: [] }),
  });
  open("/compare?ids=plumber,welder");
  expect(await screen.findByRole("columnheader", { name: /Plumber/ })).toBeTruthy();
});

test("a page beyond the last says so and leads back", async () => {
  serve({ "GET /api/careers": ({ query }) => Response.json({ ...careerPage(...(query.get("offset") === "0" ? [welder] : [])), total: 30 }) });
  open("/careers?page=9&q=a?b");
  expect(await screen.findByText("There is no page 9")).toBeTruthy();
  expect((screen.getByRole("searchbox") as HTMLInputElement).value).toBe("a?b");
  await userEvent.click(screen.getByRole("link", { name: "To the first page" }));
  expect(await screen.findByRole("article", { name: "Welder" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Page 1", current: "page" })).toBeTruthy();
  expect(document.activeElement?.tagName).toBe("H1");
});

test.each([
  [1, 3, "1 2 3"],
  [1, 12, "1 2 0 12"],
  [6, 12, "1 0 5 6 7 0 12"],
  [12, 12, "1 0 11 12"],
])("around page %i of %i stand %s", (page, pages, wanted) => {
  expect(pagesAround(page, pages).join(" ")).toBe(wanted);
});

test("a link to a comparison with a career that is not there can be mended", async () => {
  serve({
    "GET /api/careers": () => Response.json(careerPage(welder, plumber)),
    "GET /api/careers/compare": ({ query }) => (query.get("ids")?.includes("nobody") ? problem(404, "no such career") : Response.json({ careers: [welder, plumber], skills: [] })),
  });
  open("/compare?ids=welder,nobody,plumber");
  await userEvent.click(await screen.findByRole("button", { name: "Take nobody out" }));
  expect(await screen.findByRole("columnheader", { name: /Plumber/ })).toBeTruthy();
  expect(read(comparing)).toEqual([
    { id: "welder", title: "Welder" },
    { id: "plumber", title: "Plumber" },
  ]);
});
