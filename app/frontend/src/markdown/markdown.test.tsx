import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Markdown } from "./Markdown";

test.each([
  "<script>alert(1)</script>",
  '<img src=x onerror="alert(1)">',
  "[click](javascript:alert(1))",
  "[click](JaVaScRiPt:alert(1))",
  "[click](data:text/html,<script>alert(1)</script>)",
  "[click](//evil.example/x)",
  "[click](/\\evil.example)",
  "[click](http://evil.example)",
  "[click](https://user@evil.example)",
  "![x](https://evil.example/pixel.png)",
  "`<b>x</b>`",
  "<https://evil.example>",
])("%s stays harmless", (text) => {
  const { container } = render(<Markdown text={text} />);
  expect(container.querySelector("script, img, iframe, b, [onerror], style")).toBeNull();
  for (const link of container.querySelectorAll("a")) {
    expect(link.protocol).toBe("https:");
    expect(link.rel).toBe("noopener noreferrer nofollow");
  }
});

test("paragraphs, emphasis, lists in lists, code, quotes and tables are what they should be", () => {
  const { container } = render(<Markdown text={"# Title\n\nOne *soft* and **strong**\nline.\n\n1. first\n   - inner\n   - inner two\n2. second\n\n```\n<b>code</b>\n```\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |"} />);
  expect(container.querySelector("h3")?.textContent).toBe("Title");
  expect(container.querySelector("p em")?.textContent).toBe("soft");
  expect(container.querySelectorAll("ol > li")).toHaveLength(2);
  expect(container.querySelectorAll("ol > li > ul > li")).toHaveLength(2);
  expect(container.querySelector("pre code")?.textContent).toBe("<b>code</b>");
  expect(container.querySelector("blockquote")?.textContent).toBe("said");
  expect(screen.getByRole("columnheader", { name: "b" })).toBeTruthy();
});

test("pages of this app and other sites are linked, each in its way", () => {
  render(<Markdown text={"[Welder](/careers/welder) and [a site](https://example.org/a?b=c)"} />);
  expect(screen.getByRole("link", { name: "Welder" }).getAttribute("target")).toBeNull();
  expect(screen.getByRole("link", { name: /^a site ?\(opens another site\)$/ }).getAttribute("href")).toBe("https://example.org/a?b=c");
});

test.each(["Look at [Weld", "Look at [Weld](", "Look at [Weld](/careers/we"])("a link that is half written is its words: %s", (text) => {
  const { container } = render(<Markdown text={text} />);
  expect(container.textContent).toBe("Look at Weld");
});

test.each(["One:\n\n- first\n- ", "One:\n\n- first\n- ["])("an item without words is not drawn yet: %j", (text) => {
  const { container } = render(<Markdown text={text} />);
  expect(container.querySelectorAll("li")).toHaveLength(1);
});

test("text that makes parsers slow does not", () => {
  const nasty = ["*".repeat(5000), "[".repeat(5000), "`".repeat(5001), "> ".repeat(3000), "**a".repeat(2000), "- ".repeat(3000), `${"|".repeat(3000)}\n${"-|".repeat(1500)}`];
  const before = performance.now();
  for (const text of nasty) render(<Markdown text={text} />).unmount();
  expect(performance.now() - before).toBeLessThan(5000);
});
