// The same app without a model's key, at WITHOUT_KEY_URL: what is missing is said, everything else works.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, look, person, walked } from "./browser.mjs";
import { text } from "./documents.mjs";

const base = process.env.WITHOUT_KEY_URL;
assert.ok(base, "WITHOUT_KEY_URL names a deployment that has no model's key");

for (const size of walked) {
  describe(`${size}, without a key`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser.close());

    test(`${size}: what is missing is said where it would be, and the rest works`, async () => {
      const { context, page, complaints } = await person(browser, base, size);
      try {
        await page.goto("/available");
        await page.getByText("The counsellor’s model is not connected", { exact: true }).waitFor();
        assert.equal(await page.getByText("Missing", { exact: true }).count(), 3);
        await look(page, `without-key-available-${size}`);
        await page.goto("/");
        await page.getByText(/Everything else works/).waitFor();
        await page.goto("/counsellor");
        await page.getByText("The counsellor’s model is not connected here").waitFor();
        await look(page, `without-key-chat-${size}`);
        await page.goto("/resume");
        await page.getByLabel("Choose a file").setInputFiles({ name: "resume.txt", mimeType: "text/plain", buffer: text });
        await page.getByText(/nobody reads it beyond the checks above/).waitFor();
        await look(page, `without-key-resume-${size}`);
        await page.goto("/interview?career=electrician");
        await page.getByRole("option", { name: "Electrician", exact: true }).first().waitFor({ state: "attached" });
        await page.getByRole("button", { name: /^Begin with/ }).click();
        await page.getByLabel("Your answer").fill("I like to find faults.");
        await page.getByRole("button", { name: "Get feedback" }).click();
        await page.getByText("Feedback is complete.").waitFor();
        assert.ok((await page.locator(".check").count()) > 0);
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    });
  });
}
