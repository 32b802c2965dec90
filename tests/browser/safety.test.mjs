// What protects a visitor: the policy that the browser enforces, what is cached and for how long, how much script there is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, person, violations } from "./browser.mjs";

// Where BASE_URL is nginx itself, SECURE=1 asks it as a load balancer that was asked by TLS does.
const { BASE_URL: base, SECURE } = process.env;
assert.ok(base, "BASE_URL names the deployment to look at");
const secure = Boolean(SECURE) || base.startsWith("https:");

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("every answer of the frontend carries the policy, also for what is not there", async () => {
  for (const path of ["/", "/careers/welder", "/assets/none.js", "/health"]) {
    const { headers } = await fetch(base + path, { headers: SECURE ? { "X-Forwarded-Proto": "https" } : {} });
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|\*|data:|https?:/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(headers.get("cross-origin-opener-policy"), secure ? "same-origin" : null, path);
    assert.equal(headers.get("strict-transport-security"), secure ? "max-age=31536000" : null, path);
    assert.doesNotMatch(headers.get("server") ?? "", /\d/, path);
  }
});

test("files whose names carry a hash are kept for good, the page and what is not there are not", async () => {
  const page = await fetch(base);
  assert.equal(page.headers.get("cache-control"), "no-cache");
  // All files of the image have one date and versions of the page may have one size: neither may stand for its content.
  assert.equal(page.headers.get("etag"), null);
  assert.equal(page.headers.get("last-modified"), null);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
  assert.ok(script);
  const kept = await fetch(base + script);
  assert.match(kept.headers.get("cache-control") ?? "", /max-age=31536000, immutable/);
  assert.equal(kept.headers.get("content-encoding"), "gzip");
  const missing = await fetch(`${base}/assets/missing.js`);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get("cache-control"), "no-cache");
});

test("the browser refuses inline script, inline handlers, eval and strings as markup", async () => {
  const { context, page } = await person(browser, base, "desktop");
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  const outcome = await page.evaluate(async () => {
    const refused = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => refused.push(effectiveDirective));
    const script = document.createElement("script");
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    document.head.append(style);
    let markup = "set";
    try {
      document.createElement("div").innerHTML = "<b>x</b>";
    } catch {
      markup = "refused";
    }
    let text = "set";
    try {
      script.text = "window.owned = true";
      document.head.append(script);
    } catch {
      text = "refused";
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { refused, markup, text, owned: window.owned === true };
  });
  assert.equal(outcome.markup, "refused");
  assert.equal(outcome.text, "refused");
  assert.equal(outcome.owned, false);
  assert.ok(outcome.refused.some((directive) => directive.startsWith("style-src")), `${outcome.refused}`);
  await context.close();
});

test("all script of all pages is at most 200 kB as it travels", async () => {
  const { context, page } = await person(browser, base, "desktop");
  const sizes = new Map();
  page.on("response", async (answer) => {
    if (!answer.url().endsWith(".js")) return;
    // Pages fetch one another's scripts ahead: what comes from the browser's own store travels no more.
    const { responseBodySize } = await answer.request().sizes();
    sizes.set(answer.url(), Math.max(responseBodySize, sizes.get(answer.url()) ?? 0));
  });
  for (const path of ["/", "/assessment", "/assessment/questions", "/assessment/result", "/matches", "/careers", "/careers/electrician", "/compare", "/plan", "/plan/electrician", "/resume", "/interview", "/counsellor", "/data", "/help", "/available"])
    await page.goto(path, { waitUntil: "networkidle" });
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(sizes.size > 10, `${sizes.size} scripts`);
  assert.ok(total > 0 && total <= 200 * 1024, `${total} bytes`);
  await context.close();
});

test("axe would find something, were there something", async () => {
  const { context, page } = await person(browser, base, "desktop");
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.evaluate(() => document.querySelector("main")?.append(document.createElement("button")));
  assert.ok((await violations(page)).some((found) => found.startsWith("button-name")));
  await context.close();
});
