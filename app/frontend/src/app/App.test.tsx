import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { careerPage, config, welder } from "../testing/fixtures";
import { open, problem, serve } from "../testing/server";

test("going to another page takes the focus to its heading and names the window", async () => {
  serve({ "GET /api/careers": () => Response.json(careerPage(welder)) });
  open("/");
  await screen.findByRole("heading", { level: 1, name: /Find work/ });
  expect(document.activeElement).toBe(document.body);
  await userEvent.click(within(screen.getByRole("navigation", { name: "Main" })).getByRole("link", { name: "Careers" }));
  const heading = await screen.findByRole("heading", { level: 1, name: "Careers" });
  await waitFor(() => expect(document.activeElement).toBe(heading));
  expect(document.title).toBe("Careers · Counsellor");
  expect(screen.getByRole("link", { name: "Careers", current: "page" })).toBeTruthy();
});

test("an address that leads nowhere says so and offers a way on", async () => {
  serve({});
  open("/no/such/page");
  expect(await screen.findByRole("heading", { level: 1, name: "There is no such page" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "To the start" })).toBeTruthy();
});

test("the menu opens, says so, and Escape closes it and gives the focus back", async () => {
  serve({});
  open("/no");
  const button = screen.getByRole("button", { name: "Menu" });
  await userEvent.click(button);
  expect(button.getAttribute("aria-expanded")).toBe("true");
  await userEvent.tab();
  await userEvent.keyboard("{Escape}");
  expect(button.getAttribute("aria-expanded")).toBe("false");
  expect(document.activeElement).toBe(button);
});

test("says that one is offline, and stops saying it", async () => {
  serve({});
  open("/no");
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  window.dispatchEvent(new Event("offline"));
  expect(await screen.findByText(/You are offline/)).toBeTruthy();
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(true);
  window.dispatchEvent(new Event("online"));
  await waitFor(() => expect(screen.queryByText(/You are offline/)).toBeNull());
});

test("without a key, the page of what works says what is missing and what is not", async () => {
  serve({ "GET /api/config": () => Response.json(config(false)) });
  open("/available");
  expect(await screen.findByText("The counsellor’s model is not connected")).toBeTruthy();
  expect(screen.getAllByText("Missing")).toHaveLength(3);
  expect(screen.getByText("Call 988")).toBeTruthy();
});

test("with a key nothing is missing", async () => {
  serve({});
  open("/available");
  expect(await screen.findByText("Everything works")).toBeTruthy();
  expect(screen.queryByText("Missing")).toBeNull();
});

test("a problem is told in words, with the reference that operators need", async () => {
  serve({ "GET /api/config": () => problem(503, "the service is stopping", { retryAfter: 5 }) });
  open("/available");
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("That is not available just now");
  expect(alert.textContent).toContain("The service is stopping.");
  expect(alert.textContent).toContain("req-1");
});

test("a model that fails is asked about again on the next page", async () => {
  let fails = true;
  serve({ "GET /api/config": () => Response.json(fails ? { ...config(false), model: { available: false, name: "test", reason: "failing" } } : config()) });
  open("/available");
  await screen.findByText("The counsellor’s model cannot be reached just now");
  fails = false;
  await userEvent.click(screen.getByRole("link", { name: "Your data" }));
  await screen.findByRole("heading", { level: 1, name: "Your data" });
  await userEvent.click(screen.getByRole("link", { name: "What works here" }));
  expect(await screen.findByText("Everything works")).toBeTruthy();
});

test("where to find help is one step from everywhere, and needs no service", async () => {
  serve({ "GET /api/config": () => problem(503, "stopping") });
  open("/no");
  await userEvent.click(screen.getByRole("link", { name: "Where to find help" }));
  expect(await screen.findByRole("heading", { level: 1, name: "If things are hard right now" })).toBeTruthy();
  expect(screen.getByText(/Call or text 988/)).toBeTruthy();
});

test("an answer that is no answer, called a success by something in between, is a service that was not reached", async () => {
  for (const body of ["<h1>hotel</h1>", "null"]) {
    serve({ "GET /api/config": () => new Response(body, { headers: { "Content-Type": "application/json" } }) });
    const page = open("/available");
    expect((await screen.findByRole("alert")).textContent).toContain("The service could not be reached");
    page.unmount();
  }
});
