"""Files from strangers, kind ones and hostile ones, and what the network can do to a server."""

import concurrent.futures
import contextlib
import io
import json
import os
import random
import re
import resource
import socket
import subprocess
import time
import unittest
import zipfile
import zlib

from harness import BINARY, CONTENT_TYPES, DOCX, PDF, RESUME, SANITIZED, Backend, docx, pdf, read_until, until

REVIEW = "/api/resume/review"


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = Backend(REVIEWS_PER_MINUTE=100000)

    @classmethod
    def tearDownClass(cls):
        cls.backend.__exit__()

    def review(self, content, kind="application/octet-stream", query=""):
        return self.backend.post(REVIEW + query, content, headers={"Content-Type": kind})

    def refused(self, content, status, problem, kind="application/octet-stream"):
        answer = self.review(content, kind)
        self.assertEqual((answer.status, answer.json()["type"]), (status, "/problems/" + problem), answer.body[:300])
        self.assertEqual(self.backend.get("/health").status, 200)

    def test_the_three_kinds_are_read_alike(self):
        for content, kind in ((pdf(), "pdf"), (docx(), "docx"), (RESUME.encode(), "text")):
            answer = self.review(content, query="?careerId=welder").json()
            self.assertEqual(answer["document"]["kind"], kind)
            for line in ("Jane Doe", "Welded 400 pipe joints a month to code", "welding, reading drawings, quality checks"):
                self.assertIn(line, answer["text"], kind)
            self.assertEqual(answer["career"]["found"], ["welding", "reading drawings", "quality checks"])
            status = {check["id"]: check["status"] for check in answer["checks"]}
            self.assertEqual((status["contact"], status["sections"], status["dates"], status["verbs"], status["results"]), ("good",) * 5, kind)

    def test_checks_tell_a_weak_resume_from_a_good_one(self):
        weak = "My CV\n\nI am a hard worker. Date of birth: 1990.\n- Responsible for things\n- Responsible for more\n- Duties included sales\n"
        answer = self.review(weak.encode()).json()
        status = {check["id"]: check["status"] for check in answer["checks"]}
        self.assertEqual((status["contact"], status["length"], status["verbs"], status["private"]), ("problem", "problem", "problem", "improve"))
        self.assertLess(answer["score"], self.review(RESUME.encode()).json()["score"])

    def test_letters_of_other_encodings_survive(self):
        self.assertIn("José Müller \u20ac", self.review("José Müller \u20ac\n".encode("cp1252") + RESUME.encode()).json()["text"])
        self.assertIn("José Müller", self.review(pdf(["José Müller"] + RESUME.split("\n"))).json()["text"])
        self.assertIn("R&D <b>bold</b>", self.review(docx("R&D <b>bold</b>\n" + RESUME)).json()["text"])

    def test_wrong_types_are_named(self):
        self.refused(b"MZ\x90\x00\x03\x00\x00\x00binary", 415, "file-type")
        self.refused(b"\x89PNG\r\n\x1a\n\x00\x00", 415, "file-type")
        self.refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old word", 415, "file-type")
        self.refused(b"{\\rtf1 hello}", 415, "file-type")
        self.refused(pdf(), 415, "file-type", DOCX)
        self.refused(docx(), 415, "file-type", "text/plain")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("hello.txt", "no document")
        self.refused(archive.getvalue(), 415, "file-type")

    def test_macros_scripts_and_passwords_are_refused(self):
        self.refused(docx(parts={"word/vbaProject.bin": b"\xd0\xcf"}), 422, "file-macros")
        self.refused(docx(types=CONTENT_TYPES.replace("openxmlformats-officedocument.wordprocessingml.document.main", "ms-word.document.macroEnabled.main")), 422, "file-macros")
        self.refused(pdf(extra_catalog="/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), 422, "file-macros")
        self.refused(pdf(extra_catalog="/OpenAction << /S /Launch /F (calc.exe) >>"), 422, "file-macros")
        encrypted = pdf(trailer="/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%s> /U <%s> >>" % ("41" * 32, "42" * 32))
        self.refused(encrypted, 422, "file-encrypted")
        flagged = bytearray(docx())
        for at in range(len(flagged) - 4):
            if flagged[at : at + 4] == b"PK\x03\x04":
                flagged[at + 6] |= 1
            if flagged[at : at + 4] == b"PK\x01\x02":
                flagged[at + 8] |= 1
        self.refused(bytes(flagged), 422, "file-encrypted")

    def test_bombs_go_off_in_a_box(self):
        bomb = "<w:t>" + "A" * (200 << 20) + "</w:t>"
        self.refused(docx(document="<w:document>" + bomb + "</w:document>"), 422, "file-limits")
        self.refused(docx(parts={f"word/x{i}.xml": b"" for i in range(2500)}), 422, "file-limits")
        entities = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><w:document>&b;</w:document>'
        self.refused(docx(document=entities), 422, "file-unreadable")
        self.refused(pdf(pages=21), 422, "file-limits")
        inflated = zlib.compress(zlib.compress(b"0 " * (300 << 20), 9), 9)
        twice = pdf(stream=inflated).replace(b"/Filter /FlateDecode", b"/Filter [/FlateDecode /FlateDecode]")
        answer = self.review(twice)
        self.assertEqual(answer.status, 422, answer.body[:200])
        self.assertIn(answer.json()["type"], ("/problems/file-limits", "/problems/file-unreadable", "/problems/file-empty"))
        self.assertLess(self.backend.memory_kib(), 100 * 1024, "the server itself has not grown")

    def test_loops_in_a_pdf_end(self):
        loop = pdf(extra_objects=["<< /Type /Pages /Kids [7 0 R] /Count 1 >>", "<< /Type /Pages /Kids [6 0 R] /Count 1 >>"]).replace(b"/Pages 2 0 R", b"/Pages 6 0 R")
        self.assertIn(self.review(loop).status, (200, 422))
        nested = pdf(stream=zlib.compress(b"[" * 200000))
        self.assertIn(self.review(nested).status, (200, 422))

    def test_empty_and_scanned_files_are_said(self):
        self.refused(b" \n ", 422, "file-empty")
        self.refused(pdf([]), 422, "file-empty")

    def test_damaged_files_never_harm(self):
        """Seeded mutations of good files: always an answer of the contract, and the server lives."""
        randomness = random.Random(20251)
        seeds = [pdf(), docx(), RESUME.encode(), pdf(broken=True)]
        mutants = []
        for number in range(160):
            content = bytearray(seeds[number % len(seeds)])
            for _ in range(randomness.randint(1, 30)):
                kind, at = randomness.randrange(4), randomness.randrange(len(content))
                if kind == 0:
                    content[at] = randomness.randrange(256)
                elif kind == 1:
                    del content[at : at + randomness.randint(1, 60)]
                elif kind == 2:
                    content[at:at] = content[at : at + randomness.randint(1, 200)]
                else:
                    content[at:at] = randomness.choice([b"<<", b">>", b"(" * 50, b"/Length 99999999", b"\xff" * 9, b"obj", b"PK\x01\x02", b"[ " * 40])
                if not content:
                    content = bytearray(b"%PDF-")
            mutants.append(bytes(content))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for mutant, answer in zip(mutants, pool.map(self.review, mutants)):
                self.assertIn(answer.status, (200, 415, 422), mutant[:80])
                self.assertNotIn("busy", answer.json().get("type", ""))
        self.assertEqual(self.backend.get("/health").status, 200)


class Reader(unittest.TestCase):
    """The process that reads one file, and what is taken from it first."""

    def test_it_is_locked_in_before_it_reads(self):
        with subprocess.Popen([BINARY, "--read-document"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as reader:

            def told(file):
                with open(f"/proc/{reader.pid}/{file}", encoding="ascii") as lines:
                    return {line[:26].strip(" :\t\n"): line[26:].split()[:2] for line in lines} if file == "limits" else lines.read()

            until(lambda: told("limits")["Max core file size"] == ["0", "0"], "its limits are set")
            if not SANITIZED:
                until(lambda: re.search(r"^Seccomp:\s+2$", told("status"), re.MULTILINE), "its system calls are filtered", 10)
                self.assertEqual(told("limits")["Max address space"], [str(256 << 20)] * 2)
                self.assertEqual(told("limits")["Max open files"], ["3", "3"])
            self.assertEqual(told("limits")["Max file size"], ["0", "0"])
            self.assertEqual(told("limits")["Max processes"], ["0", "0"])
            answer, _ = reader.communicate(RESUME.encode(), 30)
            self.assertIn("Jane Doe", json.loads(answer)["text"])

    def test_it_holds_nobodys_connection(self):
        """What it inherits would be in its hands: the listening socket, other people's, the model's."""
        with Backend(REVIEWS_PER_MINUTE=100000) as backend, concurrent.futures.ThreadPoolExecutor(1) as pool:
            seen = set()

            def look():
                upload = pool.submit(backend.post, REVIEW, pdf(pages=20), headers={"Content-Type": PDF})
                while not upload.done():
                    try:
                        with open(f"/proc/{backend.process.pid}/task/{backend.process.pid}/children", encoding="ascii") as children:
                            for child in children.read().split():
                                with open(f"/proc/{child}/cmdline", "rb") as line:
                                    begun = b"--read-document" in line.read()
                                if begun:
                                    seen.update(os.readlink(f"/proc/{child}/fd/{number}").split(":")[0] for number in os.listdir(f"/proc/{child}/fd"))
                    except OSError:
                        continue
                return "pipe" in seen

            until(look, "a reader at work")
            self.assertNotIn("socket", seen)

    def test_the_server_starts_it_without_the_key(self):
        def of(pid, file):
            try:
                with open(f"/proc/{pid}/{file}", "rb") as data:
                    return data.read()
            except OSError:
                return b""

        with Backend(OPENAI_API_KEY="sk-test-secret", REVIEWS_PER_MINUTE=100000) as backend, concurrent.futures.ThreadPoolExecutor(1) as pool:
            self.assertIn(b"sk-test-secret", of(backend.process.pid, "environ"), "the server has it")
            seen = []

            def look():
                upload = pool.submit(backend.post, REVIEW, pdf(pages=20), headers={"Content-Type": PDF})
                while not upload.done():
                    for child in of(backend.process.pid, f"task/{backend.process.pid}/children").split():
                        child = int(child)
                        # One that has begun its own program, and had not ended when it was looked at.
                        begun, environment = b"--read-document" in of(child, "cmdline"), of(child, "environ")
                        if begun and of(child, "cmdline"):
                            seen.append(environment)
                return seen

            until(look, "a reader at work")
            self.assertEqual(set(seen), {b""})


class Network(unittest.TestCase):
    def raw(self, backend, text, mark=b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", backend.port), 30) as raw:
            raw.sendall(text)
            return read_until(raw, mark)

    def test_oversize_and_malformed_requests_get_a_clear_answer(self):
        with Backend() as backend:
            self.assertIn(b" 431 ", self.raw(backend, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000 + b"\r\n\r\n"))
            self.assertIn(b" 414 ", self.raw(backend, b"GET /" + b"y" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"))
            self.assertIn(b" 400 ", self.raw(backend, b"NONSENSE\r\n\r\n"))
            self.assertIn(b" 400 ", self.raw(backend, b"POST /api/plan HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"))
            self.assertIn(b" 413 ", self.raw(backend, b"POST /api/resume/review HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\nContent-Length: 104857600\r\n\r\n" + b"x" * 100000))
            self.assertEqual(backend.get("/nothing").status, 404)
            self.assertEqual(backend.get("/api/careers/%2e%2e%2fetc").status, 404)
            self.assertEqual(backend.ask("DELETE", "/api/careers").headers["Allow"], "GET, HEAD")

    def test_what_two_readers_could_take_for_two_things_is_refused(self):
        post = b"POST /api/plan HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        second = b"GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n"
        with Backend() as backend:
            for head, body in (
                (b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
                (b"Transfer-Encoding: identity\r\n", b""),
                (b"Transfer-Encoding: gzip\r\n", b""),
                (b"Transfer-Encoding: gzip, chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
                (b"Transfer-Encoding: xchunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
                (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
                (b"Content-Length : 2\r\n", b"{}"),
                (b"Host: y\r\nContent-Length: 2\r\n", b"{}"),
            ):
                text = self.raw(backend, post + head + b"\r\n" + body + second, b"never")
                self.assertRegex(text, rb"^HTTP/1.1 400 ", head)
                self.assertEqual(len(re.findall(rb"HTTP/1\.1 \d", text)), 1, head)
            self.assertIn(b" 400 ", self.raw(backend, b"GET /api/version HTTP/1.1\r\n\r\n"))

    def test_what_frames_a_body_has_a_limit_too(self):
        with Backend() as backend:
            before = backend.memory_kib()
            for opening, more in ((b"2;", b"x" * 65536), (b"0\r\n", b"X-A: " + b"x" * 8000 + b"\r\n")):
                with socket.create_connection(("127.0.0.1", backend.port), 30) as raw:
                    raw.sendall(b"POST /api/plan HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + opening)
                    sent = 0
                    try:
                        while sent < 200 << 20:
                            raw.sendall(more)
                            sent += len(more)
                    except OSError:
                        pass
                    self.assertLess(sent, 200 << 20, "it is refused")
            self.assertLess(backend.memory_kib() - before, 20 * 1024)

    def test_slow_bodies_have_a_limit_together_and_get_a_clear_answer(self):
        head = b"POST /api/resume/review HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.%d.1\r\nContent-Type: text/plain\r\nContent-Length: 2000000\r\n\r\n"
        with Backend() as backend, contextlib.ExitStack() as held:

            def send(client):
                raw = held.enter_context(socket.create_connection(("127.0.0.1", backend.port), 60))
                raw.sendall(head % client)
                return raw

            for _ in range(4):
                send(1)
            self.assertIn(b"/problems/busy", read_until(send(1), b"}"), "one client has room for four")
            for number in range(29):
                send(2 + number // 4)
            self.assertIn(b"/problems/busy", read_until(send(99), b"}"), "all have room for 64 MiB")
            self.assertEqual(backend.post("/api/plan", {"careerId": "welder", "skills": []}).status, 200, "who is quick needs none")

    def test_a_slow_body_is_told_so_and_gives_its_room_back(self):
        head = b"POST /api/resume/review HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2000000\r\n\r\nJane"
        with Backend(BODY_SECONDS=1) as backend:
            for _ in range(2):
                with contextlib.ExitStack() as held:
                    slow = [held.enter_context(socket.create_connection(("127.0.0.1", backend.port), 30)) for _ in range(4)]
                    for raw in slow:
                        raw.sendall(head)
                    for raw in slow:
                        self.assertRegex(read_until(raw, b"}"), rb"^HTTP/1.1 408 ")

    def test_few_descriptors_leave_room_for_the_next_too(self):
        with Backend(("sh", "-c", f"ulimit -n 160; exec {BINARY}")) as backend, contextlib.ExitStack() as held:
            for number in range(400):
                raw = held.enter_context(socket.create_connection(("127.0.0.1", backend.port), 30))
                if number % 3:
                    raw.sendall(b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Le" if number % 3 == 1 else b"POST /api/plan HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            for _ in range(20):
                self.assertEqual(backend.get("/api/careers").status, 200)
            answer = backend.post(REVIEW, RESUME.encode(), headers={"Content-Type": "text/plain"})
            self.assertEqual(answer.status, 200, "and for the pipes of a reader")

    def test_the_log_is_json_whatever_the_address_is(self):
        with Backend() as backend:
            self.raw(backend, b"GET /api/\xff\xfe\"\x80 HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: backend.log_lines(event="request", path="/api/%FF%FE\"%80"), "the line")

    def test_ids_reach_the_log_and_bad_ones_are_replaced(self):
        with Backend() as backend:
            answer = backend.get("/api/careers", headers={"X-Request-Id": "abc-123", "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678"})
            self.assertEqual(answer.headers["X-Request-Id"], "abc-123")
            until(lambda: backend.log_lines(event="request", request_id="abc-123", path="/api/careers", trace_id="Root=1-67891233-abcdef012345678912345678"), "the log line")
            self.assertNotIn("<", backend.get("/api/careers", headers={"X-Request-Id": "<script>"}).headers["X-Request-Id"])

    def test_head_and_keep_alive(self):
        with Backend() as backend:
            text = self.raw(backend, b"HEAD /api/careers HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n", b'{"status":"ok"}')
            self.assertEqual(text.count(b"HTTP/1.1 200"), 2)
            self.assertNotIn(b"careers\":[", text)

    def test_a_slow_header_is_cut_and_nobody_else_waits(self):
        with Backend() as backend:
            with socket.create_connection(("127.0.0.1", backend.port), 30) as slow:
                slow.sendall(b"GET /health HTTP/1.1\r\nHost:")
                begun = time.monotonic()
                self.assertEqual(backend.get("/health").status, 200)
                slow.settimeout(25)
                self.assertEqual(slow.recv(100), b"", "the connection is closed after ten seconds")
                self.assertLess(time.monotonic() - begun, 20)

    def test_ten_thousand_connections_leave_room_for_the_next(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        held = []
        try:
            with Backend() as backend:
                begun = backend.memory_kib()
                for number in range(10_000):
                    held.append(socket.create_connection(("127.0.0.1", backend.port), 30))
                    if number % 20 == 0:
                        held[-1].sendall(b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Le")
                for _ in range(50):
                    asked = time.monotonic()
                    self.assertEqual(backend.get("/api/careers").status, 200)
                    self.assertLess(time.monotonic() - asked, 5)
                self.assertLess(backend.memory_kib() - begun, 192 * 1024)
                self.assertEqual(backend.log_lines(event="failed"), [])
        finally:
            for connection in held:
                connection.close()


if __name__ == "__main__":
    unittest.main()
