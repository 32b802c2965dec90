import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import undo

HERE = os.path.dirname(os.path.abspath(__file__))
# A drill that writes down how to undo, makes its fault (a file), and hangs.
VICTIM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from undo import Undo
u = Undo(sys.argv[2] + "/undo.json")
u.run("first", ["sh", "-c", "echo first >>" + sys.argv[2] + "/order"])
u.run("take the fault away", ["sh", "-c", "echo second >>" + sys.argv[2] + "/order; rm " + sys.argv[2] + "/fault"], limit=float(sys.argv[3]))
open(sys.argv[2] + "/fault", "w").close()
time.sleep(60)
"""


class Journal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.work = pathlib.Path(self.folder.name)
        self.undo = undo.Undo(self.work / "undo.json")

    def victim(self, limit):
        process = subprocess.Popen([sys.executable, "-c", VICTIM, HERE, self.folder.name, str(limit)])
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.eventually(lambda: (self.work / "fault").exists(), "the fault is made")
        return process

    def eventually(self, condition, what):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def order(self):
        file = self.work / "order"
        return file.read_text().split() if file.exists() else []

    def test_steps_are_done_the_last_first_and_forgotten(self):
        for word in ("a", "b"):
            self.undo.run(word, ["sh", "-c", f"echo {word} >>{self.work}/order"])
        self.assertEqual(self.undo.take_back(), [])
        self.assertEqual(self.order(), ["b", "a"])
        self.assertFalse(self.undo.left_over())

    def test_only_what_came_after_a_mark(self):
        self.undo.run("a", ["sh", "-c", f"echo a >>{self.work}/order"])
        mark = self.undo.mark()
        self.undo.run("b", ["sh", "-c", f"echo b >>{self.work}/order"])
        self.undo.take_back(mark)
        self.assertEqual(self.order(), ["b"])
        self.assertEqual([step["what"] for step in json.loads(self.undo.file.read_text())["steps"]], ["a"])
        self.undo.take_back()

    def test_mended_is_said_only_where_it_is(self):
        self.assertEqual(self.undo.rest(), "what was broken is mended")
        self.undo.run("a", ["test", "-e", f"{self.work}/mended"])
        undo.take_back(self.undo.file, patience=1)
        self.assertEqual(self.undo.rest(), f"not all was taken back; the guard goes on, see {self.work}/undo.log")
        self.assertIn("the next drill tries again", undo.Undo(self.undo.file).rest())
        (self.work / "mended").touch()
        undo.take_back(self.undo.file, patience=1)
        self.assertEqual(self.undo.rest(), "what was broken is mended")

    def test_what_is_found_by_its_name_is_taken_back_one_by_one(self):
        program = self.work / "aws"
        program.write_text(f"""#!/bin/sh
case "$1" in list) [ "$2" = "a b" ] && [ "$3 $4" = "--output text" ] && printf 'x\\ty\\n' ;; wait) [ "$2" != never ] ;; *) echo "$1 $2" >>{self.work}/order ;; esac
""", encoding="utf-8")
        program.chmod(0o755)
        with mock.patch.dict(os.environ, PATH=f"{self.work}:{os.environ['PATH']}"):
            self.undo.each("all", ["list", "a b"], ["delete"], ["wait"])
            self.assertEqual(self.undo.take_back(), [])
            self.assertEqual(self.order(), ["delete", "x", "delete", "y"])
            self.undo.each("none can be listed", ["list", "c"], ["delete"])
            self.assertEqual(len(undo.take_back(self.undo.file, patience=1)), 1)
            self.undo.each("one fails", ["list", "a b"], ["wait", "never"], ["delete"])
            self.assertEqual(len(undo.take_back(self.undo.file, patience=1)), 2)
            self.assertEqual(len(self.order()), 4)
        self.undo.file.unlink()

    def test_one_that_fails_keeps_nobody_from_the_others_and_stays_written_down(self):
        self.undo.run("good", ["sh", "-c", f"echo good >>{self.work}/order"])
        self.undo.run("bad", ["sh", "-c", "echo no such thing; exit 1"])
        failures = undo.take_back(self.undo.file, patience=1)
        self.assertEqual(failures, ["bad: bad: no such thing"])
        self.assertEqual(self.order(), ["good"])
        self.assertTrue(self.undo.left_over())
        self.undo.file.unlink()

    def test_a_failure_that_says_it_is_done_already_is_none(self):
        self.undo.run("gone", ["sh", "-c", "echo RouteAlreadyExists; exit 1"], ignore=["RouteAlreadyExists"])
        self.assertEqual(undo.take_back(self.undo.file, patience=1), [])

    def test_a_drill_that_is_killed_leaves_no_fault(self):
        process = self.victim(300)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.eventually(lambda: not (self.work / "fault").exists() and not self.undo.left_over(), "the guard takes the fault back")
        self.assertEqual(self.order(), ["second", "first"])

    def test_a_drill_that_hangs_leaves_no_fault_beyond_its_time(self):
        process = self.victim(1)
        self.eventually(lambda: not (self.work / "fault").exists(), "the guard ends the fault at its limit")
        self.assertEqual(self.order(), ["second"])
        self.assertIsNone(process.poll())

    def test_a_number_that_another_process_has_now_is_not_the_owner(self):
        self.assertIsNotNone(undo.started(os.getpid()))
        self.assertIsNone(undo.started(2 ** 22 + 1))


if __name__ == "__main__":
    unittest.main()
