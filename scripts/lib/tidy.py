#!/usr/bin/env python3
"""Runs clang-tidy over the sources of a build folder, one a core; prints what it finds, a source at a time.

Usage: tidy.py BUILD_DIR [--only PREFIX …]

A source that was clean is not looked at again until something changes that it is made of: the build's own record of dependencies says what that is
(`ninja -t deps`), so build first. What is known to be clean lies in ${XDG_CACHE_HOME:-~/.cache}/counselor-tidy, empty files named by their key.
Tests are left out: half of the time for what fails by itself when it is wrong.
The compile commands are GCC's: its precompiled headers and its own warnings mean nothing to clang and are taken out.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "counselor-tidy"
PRECOMPILED = ROOT / "cmake/precompiled.h"
# Clang 14 cannot compile qpdf's JSON.hh as C++20: what includes it is left to the compiler that builds it.
NOT_FOR_CLANG = "app/backend/resume/pdf"


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
    return out + ["-include", str(PRECOMPILED), "-Wno-everything"]


def dependencies(text):
    """`ninja -t deps` as {object: [file …]}; an object's line ends in a colon's rest, its files are indented."""
    found, files = {}, None
    for line in text.splitlines():
        if line.startswith("    "):
            if files is not None:
                files.append(line.strip())
        elif ": #deps" in line:
            files = found[line.split(": #deps")[0]] = []
            if "STALE" in line.split()[-1]:
                files = None
                found.pop(line.split(": #deps")[0])
    return found


class Keys:
    """What a source is made of, as one digest: the same text of the same files under the same settings gives the same key in any checkout."""

    def __init__(self, build):
        self.build = build
        self.digests = {}
        version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
        settings = "".join(line for line in (ROOT / ".clang-tidy").read_text().splitlines(True) if not line.startswith("#"))
        self.settings = f"{version}\n{settings}\n{self.digest(PRECOMPILED)}"

    def digest(self, path):
        if path not in self.digests:
            file = self.build / path
            if file.is_relative_to(ROOT):
                self.digests[path] = hashlib.sha256(file.read_bytes()).hexdigest()
            else:
                about = file.stat()
                self.digests[path] = f"{file} {about.st_size} {int(about.st_mtime)}"
        return self.digests[path]

    def of(self, arguments, files):
        made_of = sorted(self.digest(path) for path in set(files) if not path.endswith((".gch", "cmake_pch.hxx")))
        command = " ".join(arguments).replace(str(self.build), "BUILD").replace(str(ROOT), "ROOT")
        return hashlib.sha256("\n".join([self.settings, command, *made_of]).encode()).hexdigest()


def sources(build, only):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], ROOT)
        ours = path.startswith(("stratus/", "app/")) and path.endswith(".cpp") and not path.endswith("_test.cpp") and not path.startswith(NOT_FOR_CLANG)
        if ours and (not only or path.startswith(only)):
            yield path, {"directory": entry["directory"], "file": entry["file"], "arguments": clang_command(entry)}


def forget_old(days=30):
    for file in CACHE.iterdir():
        if file.stat().st_mtime < time.time() - days * 86400:
            file.unlink(missing_ok=True)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    entries = dict(sources(build, tuple(sys.argv[3:])))
    made_of = dependencies(subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout)
    keys, wanted = Keys(build), {}
    CACHE.mkdir(parents=True, exist_ok=True)
    for path, entry in entries.items():
        arguments = entry["arguments"]
        files = made_of.get(arguments[arguments.index("-o") + 1])
        key = CACHE / keys.of(arguments, files) if files else None
        if key and key.exists():
            key.touch()
        else:
            wanted[path] = key
    with tempfile.TemporaryDirectory() as work:
        (pathlib.Path(work) / "compile_commands.json").write_text(json.dumps([entries[path] for path in wanted]))

        def check(path):
            done = subprocess.run(["nice", "clang-tidy", "--quiet", "-p", work, path], cwd=ROOT, capture_output=True, text=True)
            return path, done.returncode, done.stdout

        bad = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, code, output in pool.map(check, sorted(wanted)):
                if code:
                    bad += 1
                    print(f"not ok - {path}")
                    print("".join(f"  # {line}\n" for line in output.splitlines()), end="", flush=True)
                elif wanted[path]:
                    wanted[path].touch()
    forget_old()
    print(f"{len(entries) - bad} sources are clean ({len(entries) - len(wanted)} of them known), {bad} are not")
    return 1 if bad or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
