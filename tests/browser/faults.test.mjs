// A model's service that dawdles, breaks off, fails and is busy, through BASE_URL: needs the upstream of this folder, which does what the message asks for.
// UPSTREAM_LOG and UPSTREAM_RELEASE are its files.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { launch, look, person, walked } from "./browser.mjs";

const { BASE_URL: base, UPSTREAM_LOG, UPSTREAM_RELEASE } = process.env;
assert.ok(base && UPSTREAM_LOG && UPSTREAM_RELEASE, "BASE_URL, UPSTREAM_LOG and UPSTREAM_RELEASE are needed");

const heard = (words) => readFileSync(UPSTREAM_LOG, "utf8").trim().split("\n").map((line) => JSON.parse(line)).filter((line) => line.words?.includes(words));

for (const size of walked) {
  describe(`${size}, the model's service`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser.close());

    const chat = (name, steps) =>
      test(`${size}: ${name}`, async () => {
        const { context, page, complaints } = await person(browser, base, size);
        try {
          await page.goto("/counsellor");
          const say = async (words) => {
            await page.getByLabel("Your message").fill(words);
            await page.getByLabel("Your message").press("Enter");
          };
          await steps(page, say);
          assert.deepEqual(complaints, [], "the console complains");
        } finally {
          await context.close();
        }
      });
    const answered = (page) => page.getByRole("button", { name: "Answer anew" }).waitFor();

    chat("the first words are on the page while the service is still sending", async (page, say) => {
      rmSync(UPSTREAM_RELEASE, { force: true });
      const words = `Please hold on, ${size}.`;
      await say(words);
      await page.locator("[aria-busy=true] .prose").getByText(/That is a good question/).waitFor();
      assert.deepEqual(heard(words).map(({ event }) => event), ["asked"], "the service has not ended its answer");
      writeFileSync(UPSTREAM_RELEASE, "");
      await answered(page);
      assert.equal(heard(words).at(-1).how, "whole");
    });

    chat("an answer that breaks off is said, keeps its words, and comes whole when asked for again", async (page, say) => {
      await say(`Now break off, ${size}.`);
      const again = page.getByRole("alert").getByRole("button", { name: "Try again" });
      await again.waitFor();
      await page.getByRole("alert").getByText("The answer broke off").waitFor();
      await page.locator(".messages").getByText(/That is a good question/).waitFor();
      await look(page, `chat-broken-off-${size}`);
      await again.click();
      await answered(page);
      assert.equal(await page.locator(".messages .assistant").count(), 1, "the whole answer is in the place of the broken one");
      assert.deepEqual(heard("Now break off").filter(({ words, event }) => words.includes(size) && event === "ended").map(({ how }) => how), ["cut", "whole"]);
    });

    for (const [fault, words] of [
      ["fails", "Now fail, please."],
      ["is busy", "Now be busy, please."],
    ])
      chat(`a service that ${fault} is said in words, and the rest of the app goes on`, async (page, say) => {
        await say(words);
        const alert = page.getByRole("alert").filter({ hasNotText: "broke off" });
        await alert.waitFor();
        assert.equal(heard(words).length % 3, 0, "asked three times before giving up");
        await alert.getByRole("button", { name: "Try again" }).waitFor();
        await look(page, `chat-${fault.replace(" ", "-")}-${size}`);
        // A working answer closes the circuit breaker's count again.
        await say("Where should I look?");
        await answered(page);
      });
  });
}
