// Prints the median of five first contentful paints in milliseconds, each by a browser context that has cached nothing. usage: first_paint.mjs URL
import { launch, person } from "../tests/browser/browser.mjs";

const browser = await launch();
const paints = [];
for (let i = 0; i < 5; ++i) {
  const { context, page } = await person(browser, process.argv[2], "desktop");
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity));
  await context.close();
}
await browser.close();
console.log(paints.sort((a, b) => a - b)[2]);
