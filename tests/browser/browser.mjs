// Chromium, and what is looked at on every page: axe in light and dark, no sideways scrolling, no complaint in the console, a screenshot.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const frontend = createRequire(join(root, "app/frontend/package.json"));
const { chromium } = frontend("playwright-core");
const axe = readFileSync(frontend.resolve("axe-core/axe.min.js"), "utf8");
const artifacts = join(process.env.artifacts ?? join(root, "build/test-artifacts"), "browser");
mkdirSync(artifacts, { recursive: true });

export const sizes = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1440, height: 900 } },
};
const tablet = { width: 820, height: 1180 };
/** The smallest telephone, and a desktop enlarged to four times (WCAG 1.4.10). */
const narrow = { width: 320, height: 256 };
export const walked = (process.env.SIZES ?? "phone desktop").split(" ");

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

/** A person with an empty browser. `complaints` collects what the console says; a walk ends by looking at it. */
export async function person(browser, baseURL, size) {
  const context = await browser.newContext({ ...sizes[size], baseURL, colorScheme: "light", reducedMotion: "reduce", acceptDownloads: true });
  context.setDefaultTimeout(Number(process.env.PATIENCE ?? 15_000));
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // Chromium tells of every answer above 399; those are told to the person as well, and looked at where they belong.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  return { context, page, complaints };
}

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), tags);
  return found.violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** Colours glide when the scheme changes, if only for a frame. */
async function settled(page) {
  await page.evaluate(async () => {
    for (let i = 0; i < 2; ++i) await new Promise((resolve) => requestAnimationFrame(resolve));
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
  });
}

export async function look(page, name) {
  await page.evaluate(() => window.scrollTo(0, 0));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await settled(page);
    assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}`);
    await shoot(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await fits(page, name);
  if (!name.endsWith("-desktop")) return;
  // In between there is a third width, at which a page of the desktop's walk is seen too.
  const size = page.viewportSize();
  await page.setViewportSize(tablet);
  await settled(page);
  const between = name.replace(/desktop$/, "tablet");
  await fits(page, between);
  await shoot(page, `${between}-light`);
  await page.setViewportSize(narrow);
  await settled(page);
  await fits(page, name.replace(/desktop$/, "narrow"));
  await page.setViewportSize(size);
}

/** The whole page as a window of its height would show it: what sticks to the window's edge then covers nothing. */
async function shoot(page, name) {
  const size = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  if (height > size.height) await page.setViewportSize({ ...size, height });
  await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true });
  if (height > size.height) await page.setViewportSize(size);
}

async function fits(page, name) {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(sideways, 0, `${name} scrolls sideways`);
}

/** Opens a page by the menu, as a person does, and sees that its heading took the focus. */
export async function go(page, link, heading) {
  const menu = page.getByRole("button", { name: "Menu" });
  if (await menu.isVisible()) await menu.click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: link, exact: true }).click();
  const title = page.getByRole("heading", { level: 1, name: heading });
  await title.waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
}
