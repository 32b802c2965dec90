"""nginx without one of the frontend's protections, and the test that must notice."""
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICY = "every answer of the frontend carries the policy"
CACHE = "files whose names carry a hash"
BROWSER = "the browser refuses inline script"

# (what is gone, pattern in nginx.conf, what stands there instead, the test's name)
MUTANTS = (
    ("the content security policy", r"add_header Content-Security-Policy .*\n", "\n", POLICY),
    ("the ban of inline scripts", "script-src 'self'", "script-src 'self' 'unsafe-inline'", POLICY),
    ("the policy where there is no page", r'(frame-ancestors.*") always;', r"\1;", POLICY),
    ("the ban of frames", " frame-ancestors 'none';", "", POLICY),
    ("trusted types", "; require-trusted-types-for 'script'; trusted-types 'none'", "", BROWSER),
    ("nosniff", r"add_header X-Content-Type-Options .*\n", "\n", POLICY),
    ("the silence about where one comes from", r"add_header Referrer-Policy .*\n", "\n", POLICY),
    ("the insistence on TLS", r"add_header Strict-Transport-Security .*\n", "\n", POLICY),
    ("the opener policy", r"add_header Cross-Origin-Opener-Policy .*\n", "\n", POLICY),
    ("the silence about nginx's version", r"server_tokens off;", "server_tokens on;", POLICY),
    ("asking for the page each time", 'default "no-cache";', 'default "public, max-age=600";', CACHE),
)

# (what is gone, pattern in nginx.conf, what stands there instead, what a slow client does)
SLOW = (
    ("the patience with a slow header", r"client_header_timeout [^;]*;", "client_header_timeout 600s;", "header"),
    ("the patience with who takes nothing", r"send_timeout [^;]*;", "send_timeout 600s;", "answer"),
)
# The patience itself, in the file a quarter of a minute and more, is a second for tests.
SOON = (r"(client_header_timeout|client_body_timeout|send_timeout) \d+s;", r"\1 1s;")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """The frontend as its image has it, on loopback, with another configuration."""

    def __init__(self, work, pattern=None, instead="", pages=ROOT / "app/frontend/dist", soon=False):
        self.work, self.port = work, free_port()
        text = (ROOT / "app/frontend/nginx.conf").read_text(encoding="utf-8")
        if soon:
            text, count = re.subn(*SOON, text)
            if count == 0:
                raise LookupError("nginx.conf limits no patience any more")
        if pattern is not None:
            text, count = re.subn(pattern, instead, text)
            if count == 0:
                raise LookupError(f"nginx.conf has no such text any more: {pattern}")
        for before, after in (("/tmp/", f"{work}/"), ("listen 3000;", f"listen 127.0.0.1:{self.port};"), ("/usr/share/nginx/html", str(pages))):
            text = text.replace(before, after)
        (work / "nginx.conf").write_text(text, encoding="utf-8")

    def __enter__(self):
        with open(self.work / "nginx.log", "wb") as log:
            self.process = subprocess.Popen(["nginx", "-c", str(self.work / "nginx.conf"), "-g", "daemon off; user root;"], stdout=log, stderr=log)
        end = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    raise RuntimeError("nginx did not start: " + (self.work / "nginx.log").read_text()[-500:]) from None
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def covered(self, test):
        environment = {**os.environ, "BASE_URL": f"http://127.0.0.1:{self.port}", "SECURE": "1"}
        command = ["node", "--test", f"--test-reporter={ROOT}/tests/browser/reporter.mjs", f"--test-name-pattern={test}", "tests/browser/safety.test.mjs"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode == 0 and re.search(r"^ok - " + re.escape(test), done.stdout, re.MULTILINE) is not None, done.stdout.strip().replace("\n", " ")[-300:]


def cut(port, how, patience=20):
    """Whether nginx ends the connection of a slow client within `patience` seconds, while others are served."""
    with socket.create_connection(("127.0.0.1", port), patience) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall({"header": b"GET / HTTP/1.1\r\nHost:", "body": b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1", "answer": b"GET /big.txt HTTP/1.1\r\nHost: x\r\n\r\n"}[how])
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=patience) as other:
                if other.status != 200:
                    return False, "others are not served"
            if how == "answer":
                # Who takes nothing sees no end; nginx forgets the connection, and its peer's state tells.
                state = slow.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
                if state != 1:  # TCP_ESTABLISHED
                    return True, ""
                time.sleep(0.1)
                continue
            slow.settimeout(0.5)
            try:
                while slow.recv(4096):
                    pass
                return True, ""
            except ConnectionResetError:
                return True, ""
            except TimeoutError:
                continue
    return False, f"a slow {how} still held its connection after {patience} seconds"


def patience(work, pattern=None, instead="", hows=("header", "body", "answer"), seconds=20):
    """Whether each of `hows` is cut, all at once."""
    (work / "pages").mkdir()
    (work / "pages/big.txt").write_bytes(b"x" * (32 << 20))
    told = {}
    with Nginx(work, pattern, instead, work / "pages", soon=True) as nginx:
        threads = [threading.Thread(target=lambda how=how: told.update({how: cut(nginx.port, how, seconds)})) for how in hows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    bad = [told.get(how, (False, f"{how}: the client itself failed"))[1] for how in hows if not told.get(how, (False, ""))[0]]
    return not bad, "; ".join(bad)
