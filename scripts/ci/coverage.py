#!/usr/bin/env python3
"""Line coverage of C++ from gcov's JSON: a line is covered when any of the programs that contain it ran it.

usage: coverage.py BUILD --root SOURCES [--json FILE] [--least PERCENT]
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def gcov(data):
    """What gcov says about one .gcda: [(file, line, count)]."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gcov", "--json-format", "--object-directory", str(data.parent), str(data)], cwd=folder, check=True, capture_output=True)
        lines = []
        for report in pathlib.Path(folder).glob("*.gcov.json.gz"):
            document = json.loads(gzip.decompress(report.read_bytes()))
            for file in document["files"]:
                name = os.path.normpath(os.path.join(document["current_working_directory"], file["file"]))
                lines += [(name, line["line_number"], line["count"]) for line in file["lines"]]
        return lines


def ours(name, root):
    """Sources of this repository that are no tests and were not generated."""
    relative = os.path.relpath(name, root)
    return not relative.startswith(("..", "build")) and "_test." not in relative


def merge(reports, root):
    counts = {}
    for lines in reports:
        for name, line, count in lines:
            if ours(name, root):
                lines_of = counts.setdefault(os.path.relpath(name, root), {})
                lines_of[line] = lines_of.get(line, 0) + count
    return counts


def by_folder(counts):
    """{folder: (covered, all)}, two levels deep."""
    sums = {}
    for name, lines in counts.items():
        folder = "/".join(name.split("/")[:-1][:3])
        covered, total = sums.get(folder, (0, 0))
        sums[folder] = covered + sum(count > 0 for count in lines.values()), total + len(lines)
    return sums


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--root", required=True)
    parser.add_argument("--json")
    parser.add_argument("--least", type=float, default=0)
    options = parser.parse_args()
    data = sorted(options.build.rglob("*.gcda"))
    if not data:
        sys.exit(f"coverage: no program under {options.build} left a count")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = merge(pool.map(gcov, data), options.root)
    sums = by_folder(counts)
    covered, total = (sum(column) for column in zip(*sums.values()))
    for folder, (good, lines) in sorted(sums.items()):
        print(f"{folder:45} {good:6} of {lines:6} lines  {100 * good / lines:5.1f} %")
    percent = 100 * covered / total
    print(f"{'all':45} {covered:6} of {total:6} lines  {percent:5.1f} %")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"covered": covered, "lines": total, "percent": round(percent, 2), "folders": sums}, indent=1))
    if percent < options.least:
        sys.exit(f"coverage: {percent:.1f} % is below {options.least:g} %")


if __name__ == "__main__":
    main()
