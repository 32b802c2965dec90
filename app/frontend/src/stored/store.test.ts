import { expect, test } from "vitest";
import { answers, conversation, drafts, mostKept, profile, saved } from "./documents";
import { importAll, listen, read, removeAll, update, write } from "./store";

test("what was written is there after the page is loaded again", () => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  expect(window.localStorage.getItem("counsellor.1.saved")).toBe('[{"id":"welder","title":"Welder"}]');
});

test.each([
  ["broken JSON", '{"'],
  ["another shape", '{"id":1}'],
  ["too much", JSON.stringify(Array.from({ length: 600 }, (_, i) => ({ id: `c${i}`, title: "x" })))],
])("%s in the browser's storage reads as nothing", (_, raw) => {
  removeAll();
  window.localStorage.setItem("counsellor.1.saved", raw);
  expect(read(saved)).toEqual([]);
});

test("an import takes only what it knows, and cannot reach prototypes", () => {
  const kept = importAll('{"app":"counsellor","version":1,"data":{"saved":[],"unknown":1,"answers":{"version":"1","at":0,"values":{"r1":3}}}}');
  expect(kept).toBe(true);
  expect(() => importAll('{"app":"counsellor","version":1,"data":{"answers":{"version":"1","at":0,"values":{"__proto__":3}}}}')).toThrow("damaged");
  expect(read(conversation)).toEqual([]);
});

const fileOf = (data: string) => `{"app":"counsellor","version":1,"data":${data}}`;

test.each([
  ["a code of no kinds", '{"profile":{"code":"xyz"}}'],
  ["half a question", '{"answers":{"version":"1","at":0.5,"values":{}}}'],
  ["a name that every object answers to", '{"drafts":{"constructor":"x"}}'],
  ["an id that is a path", '{"saved":[{"id":"../x","title":"x"}]}'],
  ["a list that never ends", `{"saved":${"[".repeat(5000)}${"]".repeat(5000)}}`],
])("an import with %s changes nothing", (_, data) => {
  expect(() => importAll(fileOf(data))).toThrow("damaged");
  for (const of of [profile, answers, drafts, saved]) expect(read<unknown>(of)).toEqual(of.initial);
});

test("as many as the app lets one keep are there after the page is loaded again", () => {
  const all = Array.from({ length: mostKept }, (_, i) => ({ id: `career-${i}`, title: "x" }));
  expect(saved.shape(all)).toHaveLength(mostKept);
});

test("a change is made to what another tab kept meanwhile, although its word has not come yet", () => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  window.localStorage.setItem("counsellor.1.saved", '[{"id":"welder","title":"Welder"},{"id":"plumber","title":"Plumber"}]');
  update(saved, (old) => old.filter(({ id }) => id !== "welder"));
  expect(read(saved)).toEqual([{ id: "plumber", title: "Plumber" }]);
});

test("going back to a page that the browser had put aside shows what is kept now", () => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  window.localStorage.setItem("counsellor.1.saved", "[]");
  const stop = listen(() => undefined);
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  expect(read(saved)).toEqual([]);
  stop();
});
