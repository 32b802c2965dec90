// "ok - …" or "not ok - …" for each test, and why in one line: what the other test programs here print.
const reason = (error) => {
  const cause = error?.cause ?? error;
  return String(cause?.message ?? cause)
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, 8)
    .join(" | ")
    .slice(0, 600);
};

export default async function* report(source) {
  for await (const { type, data } of source) {
    if (data?.skip !== undefined) continue;
    if (type === "test:pass" && data.details.type !== "suite") yield `ok - ${data.name}\n`;
    // A suite fails with its tests; by itself only where it could not begin.
    else if (type === "test:fail" && data.details.error?.failureType !== "subtestsFailed") yield `not ok - ${data.name}\n  # ${reason(data.details.error)}\n`;
  }
}
