import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { profile as kept, saved, theme } from "../stored/documents";
import { exportAll, read, removeAll, write } from "../stored/store";
import { profile } from "../testing/fixtures";
import { open, serve } from "../testing/server";

const file = (text: string) => new File([text], "export.json", { type: "application/json" });

test("what was exported comes back by importing it", async () => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  write(kept, { ...profile, taken: "2026-01-01" });
  const exported = exportAll();
  removeAll();
  serve({});
  open("/data");
  expect((await screen.findAllByText("nothing")).length).toBe(8);
  await userEvent.upload(screen.getByLabelText("Import"), file(exported));
  expect(await screen.findByText("Your data is here")).toBeTruthy();
  expect(read(saved)).toEqual([{ id: "welder", title: "Welder" }]);
  expect(read(kept)?.code).toBe("RIA");
});

test.each([
  ["something else", "hello", "not JSON"],
  ["another app's file", '{"app":"other","version":1,"data":{}}', "not an export of this app"],
  ["a damaged export", '{"app":"counsellor","version":1,"data":{"saved":[],"profile":{"code":"<b>"}}}', "is damaged"],
])("%s is not taken, and nothing changes", async (_, text, words) => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  serve({});
  open("/data");
  await userEvent.upload(await screen.findByLabelText("Import"), file(text));
  expect(await screen.findByText(new RegExp(words))).toBeTruthy();
  expect(read(saved)).toHaveLength(1);
});

test("deleting asks first, and then leaves nothing behind", async () => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  window.localStorage.setItem("of-another-app", "stays");
  serve({});
  open("/data");
  await userEvent.click(await screen.findByRole("button", { name: "Delete everything" }));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Keep it" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete it" }));
  expect(await screen.findByText("Deleted")).toBeTruthy();
  expect(Object.keys(window.localStorage)).toEqual(["of-another-app"]);
});

test("light or dark can be chosen", async () => {
  serve({});
  open("/data");
  await userEvent.click(await screen.findByRole("radio", { name: "Dark" }));
  await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
  expect(read(theme)).toBe("dark");
});

test("when the browser keeps nothing, the page says so", async () => {
  serve({});
  open("/data");
  const original = Storage.prototype.setItem;
  Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  try {
    await userEvent.click(await screen.findByRole("radio", { name: "Light" }));
    expect(await screen.findByText(/Your browser keeps nothing more/)).toBeTruthy();
    write(saved, [{ id: "welder", title: "Welder" }]);
    Storage.prototype.setItem = original;
    // One thing that fits again says nothing of the other.
    await userEvent.click(screen.getByRole("radio", { name: "Dark" }));
    expect(screen.getByText(/Your browser keeps nothing more/)).toBeTruthy();
  } finally {
    Storage.prototype.setItem = original;
  }
});
