"""Speaks OpenAI's streaming protocol over TLS on loopback, with faults on demand."""

import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time

WORDS = ["You ", "could ", "look ", "at ", "[Welder](/careers/welder)", ". ", "What ", "do ", "you ", "enjoy?"]


class FakeModel:
    """`behaviours` are used one a request, the last one for ever:

    ok, slow (a word each 0.3 s), cut (three words, then the connection is gone), early-end (three words, then a tidy end without [DONE]), 429, 500, 401, hang
    (no answer), endless (words until nobody reads), garbage (an event that is no JSON), long (finish_reason length), hold (one word, then silence until
    `release` is set), 400, mute (the end without a word), unmarked (all but [DONE]), pings (comments and no word until nobody reads)
    """

    def __init__(self, *behaviours):
        self.behaviours = list(behaviours) or ["ok"]
        self.requests = []
        self.sent = 0
        self.release = threading.Event()
        self.closed = 0
        self.directory = tempfile.TemporaryDirectory()
        self.certificate = os.path.join(self.directory.name, "cert.pem")
        key = os.path.join(self.directory.name, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate],
            check=True,
            capture_output=True,
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.stopping = False
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def environment(self):
        return {"OPENAI_API_KEY": "sk-test-secret", "OPENAI_BASE_URL": f"https://127.0.0.1:{self.port}/v1", "OPENAI_CA_FILE": self.certificate}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.release.set()
        self.socket.close()
        self.directory.cleanup()

    def _accept(self):
        while not self.stopping:
            try:
                raw, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            raw.settimeout(60)
            with self.context.wrap_socket(raw, server_side=True) as connection:
                self._answer(connection)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.closed += 1
            raw.close()

    def _answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            block = connection.recv(65536)
            if not block:
                return
            head += block
        head, _, body = head.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65536)
        with self.lock:
            self.requests.append({"line": lines[0], "headers": headers, "body": json.loads(body)})
            behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        if behaviour in ("429", "500", "401", "400"):
            extra = "Retry-After: 1\r\n" if behaviour == "429" else ""
            connection.sendall(f"HTTP/1.1 {behaviour} No\r\n{extra}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            return
        if behaviour == "hang":
            self.release.wait(60)
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
        if behaviour == "garbage":
            self._chunk(connection, "data: {not json\n\n")
            return
        if behaviour == "mute":
            self._chunk(connection, "data: [DONE]\n\n")
            connection.sendall(b"0\r\n\r\n")
            return
        if behaviour == "pings":
            while not self.stopping:
                self._chunk(connection, ": ping\n\n")
                time.sleep(0.2)
            return
        if behaviour == "endless":
            while not self.stopping:
                self._delta(connection, "word " * 200)
            return
        words = WORDS[:1] if behaviour == "hold" else WORDS[:3] if behaviour in ("cut", "early-end") else WORDS
        for word in words:
            self._delta(connection, word)
            if behaviour == "slow":
                time.sleep(0.3)
        if behaviour == "hold":
            self.release.wait(60)
            if self.stopping:
                return
        if behaviour == "cut":
            return  # closed without the end of the chunks or of TLS, as when a machine dies
        if behaviour != "early-end":
            self._event(connection, {"choices": [{"index": 0, "delta": {}, "finish_reason": "length" if behaviour == "long" else "stop"}]})
            self._event(connection, {"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 10}})
            if behaviour != "unmarked":
                self._chunk(connection, "data: [DONE]\n\n")
        connection.sendall(b"0\r\n\r\n")

    def _delta(self, connection, text):
        self._event(connection, {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})

    def _event(self, connection, event):
        self._chunk(connection, "data: " + json.dumps(event) + "\n\n")

    def _chunk(self, connection, text):
        data = text.encode()
        connection.sendall(b"%x\r\n" % len(data) + data + b"\r\n")
        with self.lock:
            self.sent += len(data)
