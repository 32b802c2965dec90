#!/usr/bin/env python3
"""Measures the app against its targets: throughput beside a bare Beast handler, tail latency at half load, memory under open streams, sizes, first paint.

usage: bench/app.py [throughput] [streams] [images] [page]   without words: everything. Needs wrk; images need buildah, page needs Chromium and nginx.
"""
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
BACKEND = BUILD / "app/backend/counselor-backend"
os.environ.setdefault("COUNSELOR_BACKEND", str(BACKEND))
sys.path.insert(0, str(ROOT / "app/backend/tests"))
sys.dont_write_bytecode = True
from fake_model import FakeModel  # noqa: E402
from harness import free_port, read_until  # noqa: E402

CONNECTIONS, ROUNDS, SECONDS = 32, 5, 2
STREAMS = 1000


def report(what, value, target=""):
    print(f"{what:<60} {value:>14}   {target}", flush=True)


class Running:
    """A program that listens on a port of its own, its output thrown away as a container's would be taken away."""

    def __init__(self, command, environment=None):
        self.port = free_port()
        self.process = subprocess.Popen([str(word).replace("PORT", str(self.port)) for word in command], env={**os.environ, "PORT": str(self.port), **(environment or {})},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{command[0]} did not start")
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def wrk(port):
    """Requests a second."""
    told = subprocess.run(["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", f"http://127.0.0.1:{port}/api/careers"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        sys.exit(told)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told).group(1))


def loaded(server):
    """(requests a second, microseconds of processor time for each)."""
    before = server.processor_seconds()
    rate = wrk(server.port)
    return rate, (server.processor_seconds() - before) / (rate * SECONDS) * 1e6


def throughput(work):
    subprocess.run(["cmake", "--build", BUILD, "--target", "counselor-bare-handler", "counselor-paced-load"], check=True, stdout=subprocess.DEVNULL)
    with Running([BACKEND]) as backend:
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=20)
        connection.request("GET", "/api/careers")
        page = connection.getresponse().read()
        (work / "page.json").write_bytes(page)
        with Running([BUILD / "app/backend/counselor-bare-handler", "PORT", work / "page.json"]) as bare:
            # By turns, and the best of each: whatever else this machine does can only take away.
            rounds = [(loaded(backend), loaded(bare)) for _ in range(ROUNDS)]
            (ours, our_time), (theirs, their_time) = ((max(rate for rate, _ in column), min(time for _, time in column)) for column in zip(*rounds))
        report(f"/api/careers ({len(page)} bytes), {CONNECTIONS} connections, best of {ROUNDS}", f"{ours:.0f} /s")
        report("the same bytes from a bare Beast handler", f"{theirs:.0f} /s", f"ratio {ours / theirs:.2f}, target 0.8")
        report("processor time of a request", f"{our_time:.1f} µs", f"bare {their_time:.1f} µs, ratio {their_time / our_time:.2f}")
        paced = [str(BUILD / "app/backend/counselor-paced-load"), str(backend.port), str(ours / 2), "64", "5"]
        runs = [tuple(map(float, subprocess.run(paced, check=True, capture_output=True, text=True).stdout.split())) for _ in range(3)]
        rate, p99 = sorted(runs, key=lambda run: run[1])[1]
        report(f"99th percentile at half the load ({rate:.0f} /s), median of 3", f"{p99:.1f} ms", "target < 20 ms")


def streams(_):
    chat = json.dumps({"messages": [{"role": "user", "content": "Which work with metal could I do?"}]}).encode()
    with FakeModel("hold") as model, Running([BACKEND], {**model.environment, "STREAMS_PER_CLIENT": "5000", "CHAT_PER_MINUTE": "100000", "TOKENS_PER_HOUR": "1000000000"}) as backend:
        before = backend.memory_mib()
        opened = []
        for _ in range(STREAMS):
            raw = socket.create_connection(("127.0.0.1", backend.port), 30)
            raw.sendall(b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(chat) + chat)
            opened.append(raw)
        for raw in opened:
            if b"event: delta" not in read_until(raw, b"event: delta", 120):
                sys.exit("a stream was not served")
        report(f"memory of the backend, {STREAMS} open streams, TLS upstream", f"{backend.memory_mib():.1f} MiB", f"idle {before:.1f} MiB; target < 64 MiB")
        for raw in opened:
            raw.close()


def images(_):
    built = subprocess.run([ROOT / "app/images/build.sh"], check=True, capture_output=True, text=True).stdout
    for part, most in (("backend", 40), ("frontend", 60)):
        reference = re.search(rf"^{part}=(.+)$", built, re.MULTILINE).group(1)
        told = json.loads(subprocess.run(["buildah", "inspect", "--type", "image", reference], check=True, capture_output=True, text=True).stdout)
        mount = subprocess.run(["buildah", "from", reference], check=True, capture_output=True, text=True).stdout.strip()
        try:
            folder = subprocess.run(["buildah", "mount", mount], check=True, capture_output=True, text=True).stdout.strip()
            size = sum(path.lstat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file() and not path.is_symlink())
        finally:
            subprocess.run(["buildah", "rm", mount], check=True, stdout=subprocess.DEVNULL)
        report(f"{part} image, unpacked, {len(told['OCIv1']['rootfs']['diff_ids'])} layer", f"{size / 2**20:.1f} MiB", f"target < {most} MiB")


def page(work):
    frontend = ROOT / "app/frontend"
    if not (frontend / "dist/index.html").exists():
        subprocess.run(["npm", "run", "--silent", "build"], cwd=frontend, check=True)
    script = sum(path.stat().st_size for path in (frontend / "dist/assets").glob("*.js.gz"))
    plain = sum(path.stat().st_size for path in (frontend / "dist/assets").glob("*.js") if not path.with_name(path.name + ".gz").exists())
    report("script of all pages, as it travels", f"{(script + plain) / 1000:.0f} kB", "target < 200 kB")
    sys.path.insert(0, str(ROOT / "tests/hygiene"))
    from frontend import Nginx  # the same nginx on loopback
    with Nginx(work) as nginx:
        told = subprocess.run(["node", ROOT / "bench/first_paint.mjs", f"http://127.0.0.1:{nginx.port}/"], check=True, capture_output=True, text=True).stdout
    report("first contentful paint, empty cache, median of 5", f"{float(told):.0f} ms", "target < 1000 ms")


ALL = {"throughput": throughput, "streams": streams, "images": images, "page": page}

if __name__ == "__main__":
    words = sys.argv[1:] or list(ALL)
    unknown = set(words) - set(ALL)
    if unknown:
        sys.exit(f"unknown measurement {unknown.pop()!r}: there are {', '.join(ALL)}")
    for word in words:
        with tempfile.TemporaryDirectory() as directory:
            ALL[word](pathlib.Path(directory))
