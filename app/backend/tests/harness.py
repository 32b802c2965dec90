"""Starts the backend for tests, asks it, and makes the files that people upload."""

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import zipfile

BINARY = os.environ["COUNSELOR_BACKEND"]
with open(BINARY, "rb") as program:
    SANITIZED = re.search(rb"__[at]san_init", program.read()) is not None  # which needs more memory and more calls
# Sanitizers and loaded machines are slow; nothing here waits longer than it must.
PATIENCE = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain: " + what)
        time.sleep(0.02)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def events(self):
        return parse_events(self.body.decode())


def parse_events(text):
    events = []
    for block in text.split("\n\n"):
        name, data = None, []
        for line in block.split("\n"):
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data.append(line[6:])
        if name:
            events.append({"event": name, "data": json.loads("\n".join(data))})
    return events


class Backend:
    """A running backend on a port of its own; a context manager."""

    def __init__(self, command=(BINARY,), **environment):
        self.port = free_port()
        self.log = []
        self.process = subprocess.Popen(
            command,
            # Under AddressSanitizer freed memory would count as used for long.
            env={"PORT": str(self.port), "ASAN_OPTIONS": "quarantine_size_mb=1", "PATH": os.environ.get("PATH", ""), **{k: str(v) for k, v in environment.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        until(lambda: any("started" in line for line in self.log) or self.process.poll() is not None, "the backend starts")
        assert self.process.poll() is None, self.log

    def _read(self):
        for line in self.process.stdout:
            self.log.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        told = [line for line in self.log if "Sanitizer" in line or "runtime error" in line]
        assert not told, told[:3]

    def connect(self, timeout=PATIENCE):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, client=None):
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if client:
            headers["X-Forwarded-For"] = client
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, path, **kwargs):
        return self.ask("GET", path, **kwargs)

    def post(self, path, body, **kwargs):
        return self.ask("POST", path, body, **kwargs)

    def open_stream(self, path, body, client=None):
        """The raw socket of a request whose answer is read later."""
        payload = json.dumps(body).encode()
        raw = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        extra = f"X-Forwarded-For: {client}\r\n" if client else ""
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(payload)}\r\n\r\n"
        raw.sendall(head.encode() + payload)
        return raw

    def log_lines(self, **wanted):
        found = []
        for line in list(self.log):
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if all(event.get(key) == value for key, value in wanted.items()):
                found.append(event)
        return found

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def read_until(raw, mark, patience=PATIENCE):
    """Everything that a socket says until `mark` was seen, or its end."""
    raw.settimeout(patience)
    seen = b""
    while mark not in seen:
        block = raw.recv(65536)
        if not block:
            break
        seen += block
    return seen


RESUME = """Jane Doe
jane.doe@example.org, +1 555 010 0199

Summary
Welder who likes exact work.

Experience
Acme Fabrication, 2019 to 2024
- Led a team of 5 welders and cut rework by 30%
- Welded 400 pipe joints a month to code
- Trained 12 apprentices in quality checks
Harbor Yard, 2015 to 2019
- Built frames for 22 boats
- Improved the cutting plan and saved $40,000 a year

Education
Trade school, 2013 to 2015

Skills
welding, reading drawings, quality checks
"""


def pdf(lines=None, pages=1, extra_catalog="", extra_objects=(), stream=None, trailer="", broken=False):
    """A small PDF as a text processor might write it."""
    import zlib

    lines = RESUME.split("\n") if lines is None else lines
    objects = ["<< /Type /Catalog /Pages 2 0 R %s >>" % extra_catalog, None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for _ in range(pages):
        text = ["BT /F1 11 Tf 14 TL 72 760 Td"]
        for line in lines:
            escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            text.append("(%s) Tj T*" % escaped)
        text.append("ET")
        packed = zlib.compress("\n".join(text).encode("cp1252")) if stream is None else stream
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream")
        content = len(objects)
        objects.append("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % content)
        kids.append("%d 0 R" % len(objects))
    objects[1] = "<< /Type /Pages /Kids [%s] /Count %d >>" % (" ".join(kids), pages)
    objects += list(extra_objects)
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + (content.encode("latin-1") if isinstance(content, str) else content) + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer.encode(), start + (7 if broken else 0)))
    return out.getvalue()


CONTENT_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'


def docx(text=RESUME, parts=None, types=CONTENT_TYPES, document=None):
    def paragraph(line):
        escaped = line.replace("&", "&amp;").replace("<", "&lt;")
        return f'<w:p><w:r><w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>'

    body = "".join(paragraph(line) for line in text.split("\n"))
    document = document or f'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("word/document.xml", document)
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
