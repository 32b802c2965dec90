#!/usr/bin/env python3
"""Runs clang-tidy over the sources of a build folder, two at a time; prints one line a file that has findings.

Usage: tidy.py BUILD_DIR [--except PREFIX …]

The compile commands are GCC's: its precompiled headers and its own warnings mean nothing to clang and are taken out.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def clang_command(entry):
    words = shlex.split(entry["command"])
    while words and not re.search(r"(^|/)(c\+\+|g\+\+)(-\d+)?$", words[0]):
        words.pop(0)  # the launcher: cmake -E env … ccache
    out, skip = [], False
    for word in words:
        if skip:
            skip = False
            continue
        if word == "-include":
            skip = True
            continue
        if word in ("-Winvalid-pch", "-fpch-preprocess", "-Werror") or word.startswith("-Wno-"):
            continue
        out.append(word)
    return out + ["-include", str(ROOT / "cmake/precompiled.h"), "-Wno-everything"]


def main():
    build = pathlib.Path(sys.argv[1])
    left_out = tuple(sys.argv[3:]) if len(sys.argv) > 2 and sys.argv[2] == "--except" else ()
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], ROOT)
        if path.startswith(("stratus/", "app/")) and path.endswith(".cpp") and not path.startswith(left_out):
            entries[path] = {"directory": entry["directory"], "file": entry["file"], "arguments": clang_command(entry)}
    with tempfile.TemporaryDirectory() as work:
        (pathlib.Path(work) / "compile_commands.json").write_text(json.dumps(list(entries.values())))

        def check(path):
            done = subprocess.run(["clang-tidy", "--quiet", "-p", work, path], cwd=ROOT, capture_output=True, text=True)
            return path, done.returncode, done.stdout

        bad = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, code, output in pool.map(check, sorted(entries)):
                if code:
                    bad += 1
                    print(f"{path}\n{output}", flush=True)
    print(f"{len(entries) - bad} sources are clean, {bad} are not")
    return 1 if bad or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
