#!/usr/bin/env python3
"""Looks for keys in every committed file and in every layer of the images that were built; writes SARIF.

usage: find_keys.py [--sarif FILE] [--images FOLDER]     FOLDER holds OCI archives
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts/check"))
from sight import KEY, keys_in_layer


def in_files(root):
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, names):
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        for match in KEY.finditer(data):
            yield name, data.count(b"\n", 0, match.start()) + 1, match.group(0)[:6].decode(errors="replace") + "…"


def in_archive(archive):
    """Layers of an OCI archive: every blob that is a tar itself."""
    with tarfile.open(archive) as outer:
        for member in outer:
            if member.isfile() and member.name.startswith("blobs/"):
                try:
                    found = keys_in_layer(outer.extractfile(member).read())
                except tarfile.ReadError:  # the manifest and the configuration
                    continue
                for key in found:
                    yield archive.name, 1, key


def sarif(findings):
    results = [{"ruleId": "key", "level": "error", "message": {"text": f"looks like a key: {what}"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": name}, "region": {"startLine": line}}}]} for name, line, what in findings]
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [{"tool": {"driver": {"name": "find_keys", "rules": [{"id": "key", "shortDescription": {"text": "A key in a file or an image"}}]}}, "results": results}]}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("--sarif", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    options = parser.parse_args()
    findings = list(in_files(options.root))
    archives = sorted(options.images.glob("*.tar")) if options.images and options.images.is_dir() else []
    for archive in archives:
        findings += in_archive(archive)
    if options.sarif:
        options.sarif.write_text(json.dumps(sarif(findings), indent=1))
    for name, line, what in findings:
        print(f"{name}:{line}: looks like a key: {what}")
    print(f"{len(findings)} keys found in the committed files and {len(archives)} images", file=sys.stderr)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
