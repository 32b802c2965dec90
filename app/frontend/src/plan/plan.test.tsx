import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { plans, skills } from "../stored/documents";
import { read, write } from "../stored/store";
import { plan, welder } from "../testing/fixtures";
import { open, problem, serve } from "../testing/server";

const routes = { "GET /api/careers/welder": () => Response.json(welder), "POST /api/plan": () => Response.json(plan) };

test("levels become a plan, whose milestones can be ticked and stay ticked", async () => {
  const asked = serve(routes);
  const page = open("/plan/welder");
  const group = await screen.findByRole("group", { name: /^welding/ });
  await userEvent.click(within(group).getByRole("radio", { name: "2 beginner" }));
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Hours a week for learning" }), "10 hours");
  await userEvent.click(screen.getByRole("button", { name: "Make the plan" }));
  await userEvent.click(await screen.findByRole("checkbox", { name: /First seams/ }));
  expect(screen.getByText("1 of 2 reached")).toBeTruthy();
  expect(asked.find(({ path }) => path === "/api/plan")?.body).toEqual({
    careerId: "welder",
    skills: [
      { name: "welding", level: 2 },
      { name: "drawings", level: 0 },
      { name: "safety", level: 0 },
    ],
    hoursPerWeek: 10,
  });
  page.unmount();
  open("/plan/welder");
  expect(((await screen.findByRole("checkbox", { name: /First seams/ })) as HTMLInputElement).checked).toBe(true);
  expect(read(skills)).toContainEqual({ name: "welding", level: 2 });
});

test("a plan made anew keeps what was reached", async () => {
  write(plans, { welder: { made: "2026-01-01", plan, done: { 2: true } } });
  serve(routes);
  open("/plan/welder");
  await userEvent.click(await screen.findByRole("button", { name: "Change levels or hours" }));
  await userEvent.click(await screen.findByRole("button", { name: "Make the plan" }));
  expect(((await screen.findByRole("checkbox", { name: /Work alone/ })) as HTMLInputElement).checked).toBe(true);
});

test("dropping a plan asks first", async () => {
  write(plans, { welder: { made: "2026-01-01", plan, done: {} } });
  serve(routes);
  open("/plan/welder");
  await userEvent.click(await screen.findByRole("button", { name: "Drop this plan" }));
  await userEvent.click(screen.getByRole("button", { name: "Keep it" }));
  expect(read(plans).welder).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Drop this plan" }));
  await userEvent.click(screen.getByRole("button", { name: "Drop it" }));
  expect(read(plans)).toEqual({});
});

test("when no plan can be made, the levels are still there", async () => {
  serve({ ...routes, "POST /api/plan": () => problem(422, "hoursPerWeek must be at least 1") });
  open("/plan/welder");
  const group = await screen.findByRole("group", { name: /^welding/ });
  await userEvent.click(within(group).getByRole("radio", { name: "5 expert" }));
  await userEvent.click(screen.getByRole("button", { name: "Make the plan" }));
  expect((await screen.findByRole("alert")).textContent).toContain("HoursPerWeek must be at least 1.");
  expect((within(group).getByRole("radio", { name: "5 expert" }) as HTMLInputElement).checked).toBe(true);
});

test.each(["constructor", "__proto__"])("an address with the name of what every object has, %s, is an unknown career", async (id) => {
  serve({ [`GET /api/careers/${id}`]: () => problem(404, "no such career") });
  open(`/plan/${id}`);
  expect(await screen.findByText("No such career")).toBeTruthy();
});
