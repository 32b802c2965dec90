#!/usr/bin/env python3
"""One backup is one tar: manifest.json (what it is, with the SHA-256 of everything else), manifest.sha256, and the parts' files.

usage: backup.py make   --facts FILE --parts DIRECTORY --store STORE     writes it, prints what it covers
       backup.py list   --facts FILE --store STORE
       backup.py fetch  --facts FILE --store STORE --to FILE [NAME]      the newest, or the one of that name or path; verified
       backup.py take   --from FILE MEMBER DESTINATION                   one file out of a verified backup
STORE is a directory or s3://bucket. FACTS is what scripts/lib/backup.sh knows, as JSON. Refusals are one line, on standard error.
"""
import argparse
import dataclasses
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "check"))
import parts as covered
from sight import Api, Refused
from store import Unusable, open_store

FORMAT = 1
LATE = 120  # seconds by which a line of output may arrive after its time; such lines may be in two backups


def stamp(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(file):
    with open(file, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def pack(target, facts, directory, parts, created):
    """Writes the tar; `directory` holds the parts' files."""
    files = sorted(entry for entry in pathlib.Path(directory).iterdir() if entry.is_file())
    manifest = {"format": FORMAT, "environment": facts["environment"], "target": facts["target"], "account": facts["account"], "region": facts["region"],
                "commit": facts.get("commit"), "created": stamp(created),
                "parts": [{**dataclasses.asdict(part), "as_of": part.as_of and stamp(part.as_of)} for part in parts],
                "files": {file.name: {"sha256": digest(file), "bytes": file.stat().st_size} for file in files}}
    text = json.dumps(manifest, indent=1).encode()
    with tarfile.open(target, "w") as archive:
        for name, data in (("manifest.json", text), ("manifest.sha256", hashlib.sha256(text).hexdigest().encode())):
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(data), int(created.timestamp()), 0o600
            archive.addfile(member, io.BytesIO(data))
        for file in files:
            archive.add(file, file.name)
    return manifest


def verify(file, shown, facts=None):
    """The manifest of a whole backup that belongs here; Unusable says in one line what is wrong. Nothing is unpacked."""
    damaged = lambda why: Unusable(f"{shown} is damaged: {why}")
    try:
        with tarfile.open(file, "r:") as archive:
            read = lambda name: archive.extractfile(name).read()
            text = read("manifest.json")
            if hashlib.sha256(text).hexdigest().encode() != read("manifest.sha256"):
                raise damaged("its description is not what was written")
            manifest = json.loads(text)
            if manifest["format"] != FORMAT:
                raise Unusable(f"{shown} has format {manifest['format']}; this checkout reads format {FORMAT}: use the checkout of commit {manifest.get('commit')}")
            for name, wanted in manifest["files"].items():
                if hashlib.file_digest(archive.extractfile(name), "sha256").hexdigest() != wanted["sha256"]:
                    raise damaged(f"{name} is not what was written")
    except (tarfile.TarError, KeyError, ValueError, AttributeError, EOFError) as error:
        raise damaged(str(error) or "it cannot be read") from error
    except OSError as error:
        raise Unusable(f"{shown} cannot be read: {error.strerror}") from error
    for what in ("environment", "target", "account") if facts else ():
        if facts.get(what) and manifest[what] != facts[what]:
            raise Unusable(f"{shown} is of {what} {manifest[what]}, not {facts[what]}")
    return manifest


def save_logs(facts, api, file, since):
    """Events since `since` (milliseconds) of the environment's groups, one JSON a line; how many."""
    written = 0
    with gzip.open(file, "wt", encoding="utf-8") as out:
        for group in (f"/ecs/counselor-{facts['environment']}", f"/changes/counselor-{facts['environment']}"):
            client, arguments = api.client("logs"), {"logGroupName": group, "startTime": since}
            try:
                for page in client.get_paginator("filter_log_events").paginate(**arguments):
                    for event in page["events"]:
                        json.dump({"time": event["timestamp"], "group": group, "stream": event["logStreamName"], "message": event["message"]}, out)
                        out.write("\n")
                        written += 1
            except client.exceptions.ResourceNotFoundException:
                continue
    return written


def newest_manifest(store, work):
    """Of the newest backup, if it is whole."""
    names = store.names()
    if not names:
        return None
    file = pathlib.Path(work) / "last.tar"
    try:
        store.get(names[-1], file)
        return verify(file, names[-1])
    except Unusable:
        return None
    finally:
        file.unlink(missing_ok=True)


def make(options, facts, api, now):
    store = open_store(options.store, facts["replica_region"])
    directory = pathlib.Path(options.parts)
    last = newest_manifest(store, directory.parent)
    since = next((part["as_of"] for part in last["parts"] if part["name"] == "logs"), None) if last and last["account"] == facts["account"] else None
    facts["logs_from"] = since
    facts["log_events"] = save_logs(facts, api, directory / "logs.jsonl.gz", int((covered.parse(since).timestamp() - LATE) * 1000) if since else 0)
    facts.update(covered.present(directory))
    parts = covered.all_parts(facts, now, api)
    name = f"{now.strftime('%Y%m%dT%H%M%SZ')}-{facts['environment']}.tar"
    file = directory.parent / name
    try:
        pack(file, facts, directory, parts, now)
        file.chmod(0o600)
        store.put(file, name)
        size = file.stat().st_size
    finally:
        file.unlink(missing_ok=True)
    print(f"{store}/{name}  {size / 1048576:.1f} MiB")
    print("\n".join(covered.report(parts, datetime.datetime.now(datetime.timezone.utc))))
    broken = [part.name for part in parts if part.broken]
    if broken:
        raise Unusable(f"the backup is written, but what should keep a copy does not: {', '.join(broken)}")


def show(options, facts, now):
    store = open_store(options.store, facts["replica_region"])
    names = store.names()
    if not names:
        raise Unusable(f"there is no backup in {store}")
    for name in names:
        taken = datetime.datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        print(f"{name}  {covered.words((now - taken).total_seconds())} old  {store}/{name}")


def fetch(options, facts):
    name, file = options.name, pathlib.Path(options.to)
    if name and pathlib.Path(name).is_file():
        shutil.copyfile(name, file)
    else:
        store = open_store(options.store, facts["replica_region"])
        names = store.names()
        if not names or (name and name not in names):
            raise Unusable(f"there is no backup {name} in {store}" if name else f"there is no backup in {store}")
        name = name or names[-1]
        store.get(name, file)
    file.chmod(0o600)
    manifest = verify(file, name, facts)
    age = (datetime.datetime.now(datetime.timezone.utc) - covered.parse(manifest["created"])).total_seconds()
    print(f"{name} {manifest['region']} {covered.words(age)}")


def take(options):
    with tarfile.open(options.source, "r:") as archive:
        try:
            data = archive.extractfile(options.member)
        except KeyError:
            raise Unusable(f"the backup has no {options.member}") from None
        with open(options.destination, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            shutil.copyfileobj(data, out)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("make", "list", "fetch"):
        sub = verbs.add_parser(verb)
        sub.add_argument("--facts", required=True)
        sub.add_argument("--store", required=True)
        if verb == "make":
            sub.add_argument("--parts", required=True)
        if verb == "fetch":
            sub.add_argument("--to", required=True)
            sub.add_argument("name", nargs="?")
    sub = verbs.add_parser("take")
    sub.add_argument("--from", dest="source", required=True)
    sub.add_argument("member")
    sub.add_argument("destination")
    options = parser.parse_args()
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        if options.verb == "take":
            return take(options)
        facts = json.loads(pathlib.Path(options.facts).read_text(encoding="utf-8"))
        if options.verb == "make":
            make(options, facts, Api(), now)
        elif options.verb == "list":
            show(options, facts, now)
        else:
            fetch(options, facts)
    except (Unusable, Refused, OSError) as problem:
        sys.exit(f"backup: {problem}")


if __name__ == "__main__":
    main()
