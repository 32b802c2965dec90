"""Reads every #include of ours and compares it with the order of the rooms. Prints "ok - …" or "not ok - …" a room.

It first plants forbidden includes and demands that they are found.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SERVICES = ["iam", "kms", "s3", "logs", "cloudwatch", "sns", "events", "cloudtrail", "secretsmanager", "acm", "ec2", "ecr", "route53", "elbv2",
            "ecs", "autoscaling", "fis"]
DATAPLANE = ["network", "containers", "images", "balancer", "dns"]
# A service sees the interface of a room of the data plane, never what is behind it.
INTERFACES = {f"stratus/dataplane/{room}/{header}" for room, headers in {
    "network": ["network.h"],
    "containers": ["containers.h"],
    "images": ["image_store.h", "image_config.h", "digest.h"],
    "balancer": ["balancer.h", "model.h"],
    "dns": ["dns.h", "hosts_file.h"],
}.items() for header in headers}
EVERYTHING = ["stratus/", "app/"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def room_of(path):
    parts = path.split("/")
    if parts[:2] in (["stratus", "services"], ["stratus", "dataplane"]):
        return "/".join(parts[:3])
    return "/".join(parts[:2])


def allowed(room):
    """Prefixes of what the room may include."""
    own = [room + "/"]
    core = ["stratus/core/"]
    if room == "stratus/daemon":
        return EVERYTHING
    if room == "stratus/cli":
        # The doctor asks the data plane's rooms what a machine lacks; backup and restore are the state's.
        return own + core + ["stratus/wire/", "stratus/state/"] + [f"stratus/dataplane/{name}/" for name in DATAPLANE]
    if room.startswith("stratus/services/"):
        name = room.split("/")[2]
        lower = SERVICES[:SERVICES.index(name)] if name in SERVICES else []
        return (own + core + ["stratus/state/", "stratus/wire/", "stratus/models/"] + sorted(INTERFACES) +
                [f"stratus/services/{other}/" for other in lower])
    if room == "stratus/dataplane/containers":
        return own + core + ["stratus/dataplane/images/image_config.h"]
    if room.startswith("stratus/dataplane/"):
        return own + core
    if room == "stratus/wire":
        return own + core + ["stratus/state/", "stratus/models/"]
    if room in ("stratus/state", "stratus/codegen"):
        return own + core
    if room == "stratus/core":
        return own
    if room.startswith("app/"):
        return ["app/"]
    return None


def is_test(path):
    return path.endswith("_test.cpp") or "/kernel/" in path or "fake_" in path or path.endswith(("_test.h", "test_tar.h"))


def violations(files):
    """{room: [sentence]} of every room seen."""
    found = {}
    for path, text in files:
        room = room_of(path)
        may = allowed(room)
        sentences = found.setdefault(room, [])
        if may is None:
            sentences.append(f"{path}: the room {room} is not in the order of rooms")
            continue
        for name in INCLUDE.findall(text):
            if not name.startswith(("stratus/", "app/")) or any(name.startswith(prefix) for prefix in may):
                continue
            # Tests may use fakes and any service below, whole.
            if is_test(path) and (room_of(name).startswith("stratus/dataplane/") or "fake" in name):
                continue
            sentences.append(f"{path} includes {name}")
    return found


def sources():
    listed = subprocess.run(["git", "ls-files", "stratus/*.h", "stratus/*.cpp", "app/*.h", "app/*.cpp"], cwd=ROOT, check=True, capture_output=True,
                            text=True).stdout.split()
    return [(path, (ROOT / path).read_text()) for path in listed if (ROOT / path).exists()]


def main():
    planted = violations([("stratus/core/x.cpp", '#include "stratus/wire/xml.h"\n'),
                          ("stratus/services/kms/x.cpp", '#include "stratus/services/ecs/service.h"\n'),
                          ("stratus/services/ecs/x.cpp", '#include "stratus/dataplane/network/netlink.h"\n#include "stratus/services/kms/service.h"\n')])
    good = [len(planted[room]) for room in ("stratus/core", "stratus/services/kms", "stratus/services/ecs")] == [1, 1, 1]
    print(("ok" if good else "not ok") + " - a forbidden include is found, an allowed one is not")
    for room, sentences in sorted(violations(sources()).items()):
        print(("not ok" if sentences else "ok") + f" - {room} includes only what it may")
        for sentence in sentences:
            print("  # " + sentence)
        good = good and not sentences
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
