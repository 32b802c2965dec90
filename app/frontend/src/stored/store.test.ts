import { expect, test } from "vitest";
import { conversation, saved } from "./documents";
import { importAll, read, removeAll, write } from "./store";

test("what was written is there after the page is loaded again", () => {
  write(saved, [{ id: "welder", title: "Welder" }]);
  expect(window.localStorage.getItem("counsellor.1.saved")).toBe('[{"id":"welder","title":"Welder"}]');
});

test.each([
  ["broken JSON", '{"'],
  ["another shape", '{"id":1}'],
  ["too much", JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ id: `c${i}`, title: "x" })))],
])("%s in the browser's storage reads as nothing", (_, raw) => {
  removeAll();
  window.localStorage.setItem("counsellor.1.saved", raw);
  expect(read(saved)).toEqual([]);
});

test("an import takes only what it knows, and cannot reach prototypes", () => {
  const taken = importAll('{"app":"counsellor","version":1,"data":{"saved":[],"unknown":1,"answers":{"version":"1","at":0,"values":{"r1":3}}}}');
  expect(taken).toBe(2);
  expect(() => importAll('{"app":"counsellor","version":1,"data":{"answers":{"version":"1","at":0,"values":{"__proto__":3}}}}')).toThrow("damaged");
  expect(read(conversation)).toEqual([]);
});
