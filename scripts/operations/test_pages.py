"""The runbooks as they stand: every alarm has its page, every box its check, every page its place; and blocks that fail are seen to fail."""
import io
import os
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(ROOT / "tests" / "journey")]
import checklist
import pages
import runbooks


def text_of(page):
    return (pages.RUNBOOKS / page).read_text(encoding="utf-8")


class Reading(unittest.TestCase):
    def test_blocks_have_their_language_heading_and_line(self):
        found = pages.blocks("# Title\n\n```sh\none\n```\n\n## Next\n\n   ```text\n   two\n     three\n   ```\n", "it.md")
        self.assertEqual([(block.language, block.heading, block.line, block.text) for block in found], [("sh", "Title", 4, "one\n"), ("text", "Next", 10, "two\n  three\n")])

    def test_a_comment_in_a_block_is_no_heading(self):
        self.assertEqual(pages.blocks("# Title\n```sh\n# why\ntrue\n```\n```sh\ntrue\n```\n")[1].heading, "Title")

    def test_a_block_without_an_end_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "it.md:2: a block that does not end"):
            pages.blocks("```sh\ntrue\n", "it.md")
        with self.assertRaisesRegex(ValueError, "begins inside of another"):
            pages.blocks("```sh\ntrue\n```sh\n", "it.md")

    def test_boxes_have_their_phase_and_check(self):
        found = pages.boxes("## Before\n- [ ] One <!-- check: one -->\n- [ ] Two\n## After\n- [ ] Three <!-- check: one-more -->\n")
        self.assertEqual([(box.phase, box.text, box.check) for box in found], [("before", "One", "one"), ("before", "Two", None), ("after", "Three", "one-more")])


class Pages(unittest.TestCase):
    def test_every_page_has_its_place(self):
        there = {str(path.relative_to(pages.RUNBOOKS)) for path in pages.RUNBOOKS.rglob("*.md")}
        self.assertEqual(there - set(pages.order()), {"postmortem-template.md"})
        self.assertEqual(set(pages.order()) - there, set())

    def test_every_alarm_that_terraform_makes_has_its_page(self):
        text = (ROOT / "infra/modules/cloudwatch/alarms.tf").read_text(encoding="utf-8")
        names = set(re.findall(r'alarm_name\s*= "\$\{var\.name\}-(.+)"', text))
        self.assertEqual(names, {"${each.key}", "${each.key}-unhealthy", "${each.key}-missing", "task-failures"})
        kinds = set(re.findall(r'"\$\{part\}-(\w+)"', text)) | set(re.findall(r'toset\(var\.alarms \? \["(\w+)"\]', text)) | {"unhealthy", "missing", "task-failures"}
        self.assertEqual(kinds, {path.stem for path in (pages.RUNBOOKS / "alarms").glob("*.md")})

    def test_every_alarms_page_says_the_four_things(self):
        for path in (pages.RUNBOOKS / "alarms").glob("*.md"):
            for heading in ("**Means.**", "**Look at.**", "**Do.**", "**Over** when"):
                with self.subTest(path.name, heading=heading):
                    self.assertIn(heading, path.read_text(encoding="utf-8"))

    def test_links_lead_somewhere(self):
        for page in [*pages.order(), "postmortem-template.md"]:
            for link, anchor in re.findall(r"\]\(([^)#]*)(?:#([\w-]+))?\)", text_of(page)):
                target = ((pages.RUNBOOKS / page).parent / link) if link else pages.RUNBOOKS / page
                with self.subTest(page, link=link, anchor=anchor):
                    self.assertTrue(target.exists())
                    if anchor:
                        headings = [re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)]
                        self.assertIn(anchor, headings)

    def test_every_box_that_names_a_check_has_it_and_every_check_a_box(self):
        named = {box.check for box in pages.boxes(text_of("deployment.md")) if box.check}
        self.assertEqual(named, set(checklist.CHECKS))
        self.assertEqual({box.phase for box in pages.boxes(text_of("deployment.md"))}, set(checklist.PHASES))

    def test_few_blocks_are_for_reading_only(self):
        found = [block for page in pages.order() for block in pages.blocks(text_of(page), page)]
        self.assertEqual({block.language for block in found}, {"sh", "text"})
        self.assertLess(sum(block.language == "text" for block in found), len(found) / 4)


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)

    def run_text(self, text, environment=None):
        out = io.StringIO()
        good, exported = runbooks.check(1, pages.Block("it.md", "Heading", 3, "sh", text), environment or dict(os.environ), self.work, out)
        return good, exported, out.getvalue()

    def test_what_a_block_exports_reaches_the_next_functions_too(self):
        good, exported, said = self.run_text("export WORD='a b'\ngreet() { echo \"hello $1\"; }\nexport -f greet\nplain=1\n")
        self.assertTrue(good and said.startswith("ok 1 - it.md:3 Heading: export WORD='a b' …"), said)
        good, _, _ = self.run_text('[ "$(greet "$WORD")" = "hello a b" ]\n[ -z "${plain:-}" ]\n', exported)
        self.assertTrue(good)

    def test_a_command_that_fails_fails_its_block_wherever_it_stands(self):
        for text in ("false\ntrue\n", "true\nfalse\n", "false | cat\n", "echo $NEVER_SET\n", "exit 0\n"):
            with self.subTest(text):
                good, _, said = self.run_text(text)
                self.assertFalse(good)
                self.assertTrue(said.startswith("not ok 1 - it.md:3"), said)

    def test_it_says_the_last_line_of_what_went_wrong(self):
        self.assertIn("# exit code 3: no such task", self.run_text("echo looking\necho no such task >&2\nexit 3\n")[2])

    def test_pages_are_chosen_behind_the_one_that_sets_up_the_shell(self):
        names = ["README.md", "a.md", "b.md", "c.md"]
        self.assertEqual(runbooks.chosen(names, None, None), names)
        self.assertEqual(runbooks.chosen(names, "b.md", None), ["README.md", "b.md", "c.md"])
        self.assertEqual(runbooks.chosen(names, None, "b.md"), ["README.md", "a.md"])
        with self.assertRaisesRegex(SystemExit, "there is no page d.md"):
            runbooks.chosen(names, "d.md", None)

    def test_a_block_that_never_ends_is_ended(self):
        before, runbooks.LIMIT = runbooks.LIMIT, 0.2
        try:
            good, _, said = self.run_text("sleep 60\n")
        finally:
            runbooks.LIMIT = before
        self.assertFalse(good)
        self.assertIn("it did not end within 0.2 s", said)


if __name__ == "__main__":
    unittest.main()
