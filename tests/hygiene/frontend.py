"""nginx without one of the frontend's protections, and the test that must notice."""
import os
import pathlib
import re
import socket
import subprocess
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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """The frontend as its image has it, on loopback, with another configuration."""

    def __init__(self, work, pattern=None, instead=""):
        self.work, self.port = work, free_port()
        text = (ROOT / "app/frontend/nginx.conf").read_text(encoding="utf-8")
        if pattern is not None:
            text, count = re.subn(pattern, instead, text)
            if count == 0:
                raise LookupError(f"nginx.conf has no such text any more: {pattern}")
        for before, after in (("/tmp/", f"{work}/"), ("listen 3000;", f"listen 127.0.0.1:{self.port};"), ("/usr/share/nginx/html", str(ROOT / "app/frontend/dist"))):
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
