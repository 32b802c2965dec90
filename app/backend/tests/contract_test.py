"""Every path, method, status and schema of openapi.yaml against the running program, in both directions."""

import concurrent.futures
import os
import signal
import unittest

import jsonschema
import yaml
from fake_model import FakeModel
from harness import DOCX, PDF, RESUME, Answer, Backend, docx, pdf, read_until, until

CONTRACT = os.environ["COUNSELOR_OPENAPI"]
JSON = {"Content-Type": "application/json"}
SCORES = {"R": 80, "I": 60, "A": 20, "S": 40, "E": 30, "C": 50}
ANSWERS = {f"{letter}{number}": 1 + (number + index) % 5 for index, letter in enumerate("riasec") for number in range(1, 9)}
CHAT = {"messages": [{"role": "user", "content": "Which work with metal could I do?"}]}
FEEDBACK = {"careerId": "welder", "question": "Why this work?", "answer": "When I was at school I welded a gate, and in the end it held."}
REVIEW = {"text": RESUME, "careerId": "welder"}
BIG = b'{"x":"' + b"y" * 600_000 + b'"}'


def strict(node):
    """Objects may have no members that the contract does not name: what is served must be described."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: strict(value) for key, value in node.items()}
    if "properties" in node and isinstance(node["properties"], dict) and "type" in node and "additionalProperties" not in node:
        out["additionalProperties"] = False
    if "allOf" in node:
        out["unevaluatedProperties"] = False
        for part in out["allOf"]:
            part.pop("additionalProperties", None)
    return out


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(CONTRACT, encoding="utf-8") as file:
            cls.contract = yaml.safe_load(file)
        components = strict(cls.contract["components"])
        # Career extends CareerSummary, so the latter cannot be closed by itself; pages of it are closed below.
        components["schemas"]["CareerSummary"].pop("additionalProperties", None)
        cls.components = components
        cls.seen = set()

    def validate(self, schema, value):
        jsonschema.Draft202012Validator({**strict(schema), "components": self.components}).validate(value)

    def check(self, method, path, answer, status):
        """The answer is one that the contract describes, and the one that was wanted."""
        plain = path.split("?")[0]
        known = self.contract["paths"]
        template = plain if plain in known else "/api/careers/{id}"
        operation = known[template][method.lower()]
        self.assertEqual(answer.status, status, f"{method} {path}: {answer.body[:300]}")
        self.assertIn(str(status), operation["responses"], f"{method} {path} answers {status}, which the contract does not describe")
        self.seen.add((template, method.lower(), str(status)))
        self.assertRegex(answer.headers["X-Request-Id"], r"^[\w.=;:-]+$")
        described = operation["responses"][str(status)]
        if "$ref" in described:
            described = self.contract["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        if "content" not in described:
            self.assertEqual(answer.body, b"")
            return
        (kind, media), = described["content"].items()
        self.assertEqual(answer.headers["Content-Type"], kind)
        if kind == "text/event-stream":
            events = answer.events()
            self.assertTrue(events)
            for event in events:
                self.validate(media["schema"], event)
                self.validate({"$ref": "#/components/schemas/" + event["event"].capitalize() + "Event"}, event["data"])
            self.assertEqual(events[0]["event"], "meta")
            self.assertIn(events[-1]["event"], ("done", "error"))
        else:
            self.validate(media["schema"], answer.json())
        if "Retry-After" in described.get("headers", {}) and status == 429:
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)

    def test_every_path_status_and_schema(self):
        with FakeModel("ok") as model, Backend(**model.environment, CHAT_PER_MINUTE=1000, REVIEWS_PER_MINUTE=1000) as backend:
            self.gets(backend)
            self.posts(backend)
            self.files(backend)
        self.without_model()
        self.too_many()
        self.busy()
        self.draining()
        wanted = {(path, method, status) for path, item in self.contract["paths"].items() for method, operation in item.items() for status in operation["responses"]}
        self.assertEqual(wanted - self.seen, set(), "described, but never answered here")

    def gets(self, backend):
        for path in ("/health", "/api/health", "/ready", "/api/version", "/api/config", "/api/careers", "/api/assessment/items"):
            self.check("GET", path, backend.get(path), 200)
        careers = backend.get("/api/careers?limit=100").json()
        self.assertGreaterEqual(careers["total"], 150)
        everything = careers["careers"] + [c for offset in range(100, careers["total"], 100) for c in backend.get(f"/api/careers?limit=100&offset={offset}").json()["careers"]]
        self.assertEqual(len({career["id"] for career in everything}), careers["total"])
        for career in everything:
            path = "/api/careers/" + career["id"]
            self.check("GET", path, backend.get(path), 200)
        query = "/api/careers?q=nurse&interest=S&field=health,care&educationMax=master&payMin=40000&growth=growing,growing%20fast&sort=pay&offset=0&limit=5"
        self.check("GET", query, backend.get(query), 200)
        for bad in ("q=" + "x" * 101, "interest=Q", "interest=RIAS", "field=nowhere", "educationMax=phd", "payMin=-1", "growth=wild", "sort=luck", "offset=x", "limit=0", "limit=101"):
            self.check("GET", "/api/careers?" + bad, backend.get("/api/careers?" + bad), 400)
        compare = "/api/careers/compare?ids=welder,machinist,registered-nurse"
        self.check("GET", compare, backend.get(compare), 200)
        for bad, status in (("ids=welder", 400), ("", 400), ("ids=welder,welder", 400), ("ids=welder,nobody", 404)):
            self.check("GET", "/api/careers/compare?" + bad, backend.get("/api/careers/compare?" + bad), status)
        self.check("GET", "/api/careers/nobody", backend.get("/api/careers/nobody"), 404)
        for path in ("/api/careers", "/api/careers/welder", compare):
            tag = backend.get(path).headers["ETag"]
            self.check("GET", path, backend.get(path, headers={"If-None-Match": tag}), 304)
            self.check("GET", path, backend.get(path, headers={"If-None-Match": '"other"'}), 200)

    def posts(self, backend):
        good = {
            "/api/assessment/score": {"answers": ANSWERS},
            "/api/match": {"scores": SCORES, "skills": ["welding"], "preferences": {"educationMax": "associate", "payMin": 40000, "growth": ["steady"], "fields": ["trades"], "context": {"outdoors": 1, "screen": -1}}},
            "/api/plan": {"careerId": "welder", "skills": [{"name": "welding", "level": 2}], "hoursPerWeek": 5},
            "/api/interview": {"careerId": "welder", "count": 20, "seed": 7},
            "/api/interview/feedback": FEEDBACK,
            "/api/resume/feedback": REVIEW,
            "/api/chat": {**CHAT, "shared": {"scores": SCORES, "careerIds": ["welder"], "skills": ["patience"], "resumeText": RESUME, "note": "I like the sea."}},
        }
        bad = {
            "/api/assessment/score": [{}, {"answers": {"r1": 6}}, {"answers": {"r1": 3}}, {"answers": {**ANSWERS, "z1": 1}}, {"answers": ANSWERS, "version": "0"}, []],
            "/api/match": [{}, {"scores": {"R": 1}}, {"scores": {**SCORES, "R": 101}}, {"scores": SCORES, "more": 1}, {"scores": SCORES, "preferences": {"educationMax": "x", "context": {"moon": 1}}}, {"scores": SCORES, "limit": 0}],
            "/api/plan": [{}, {"careerId": "welder"}, {"careerId": "welder", "skills": [{"name": "", "level": 9}]}, {"careerId": "welder", "skills": [], "hoursPerWeek": 0}],
            "/api/interview": [{}, {"careerId": 5}, {"careerId": "welder", "count": 21}],
            "/api/interview/feedback": [{}, {**FEEDBACK, "answer": ""}, {**FEEDBACK, "answer": "x" * 6001}],
            "/api/resume/feedback": [{}, {"text": "short"}, {"text": "x" * 20001}],
            "/api/chat": [{}, {"messages": []}, {"messages": [{"role": "system", "content": "x"}]}, {"messages": [{"role": "assistant", "content": "x"}]}, {"messages": [{"role": "user", "content": "x" * 4001}]}, {"messages": CHAT["messages"] * 41}, {**CHAT, "shared": {"scores": {"R": 1}}}],
        }
        for number, (path, body) in enumerate(good.items()):
            client = f"10.1.0.{number}"
            self.check("POST", path, backend.post(path, body, client=client), 200)
            for wrong in bad[path]:
                answer = backend.post(path, wrong, client=client)
                self.check("POST", path, answer, 422)
                self.assertEqual(answer.json()["type"], "/problems/validation")
                self.assertTrue(answer.json()["errors"])
            for malformed in (b"{", b"", b"\xff\xfe", b"[" * 50 + b"]" * 50):
                self.check("POST", path, backend.post(path, malformed, headers=JSON, client=client), 400)
            self.check("POST", path, backend.post(path, b"{}", headers={"Content-Type": "text/plain"}, client=client), 415)
            self.check("POST", path, backend.post(path, BIG, headers=JSON, client=client), 413)
            answer = backend.get(path)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
        for path in ("/api/plan", "/api/interview", "/api/interview/feedback", "/api/resume/feedback"):
            self.check("POST", path, backend.post(path, {**good[path], "careerId": "nobody"}), 404)
        level = backend.post("/api/assessment/score", {"answers": dict.fromkeys(ANSWERS, 3)})
        self.check("POST", "/api/assessment/score", level, 200)
        self.assertEqual((level.json()["code"], level.json()["confidence"]["level"]), ("", "low"), "answers that are all the same have no code")
        path = "/api/careers?q=acountant"
        slip = backend.get(path)
        self.check("GET", path, slip, 200)
        self.assertEqual(slip.json()["careers"][0]["id"], "accountant")

    def files(self, backend):
        path = "/api/resume/review"
        for content, kind in ((pdf(), PDF), (docx(), DOCX), (RESUME.encode(), "text/plain"), (pdf(), "application/octet-stream")):
            for query in ("", "?careerId=welder"):
                self.check("POST", path + query, backend.post(path + query, content, headers={"Content-Type": kind}), 200)
        self.check("POST", path, backend.post(path, pdf(), headers={"Content-Type": DOCX}), 415)
        self.check("POST", path, backend.post(path, b"", headers={"Content-Type": PDF}), 422)
        self.check("POST", path, backend.post(path, b"x" * (2 * 1024 * 1024 + 1), headers={"Content-Type": "text/plain"}), 413)
        self.check("POST", path + "?careerId=nobody", backend.post(path + "?careerId=nobody", b"text", headers={"Content-Type": "text/plain"}), 404)
        raw = backend.open_stream(path, {})
        raw.close()
        connection = backend.connect()
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", PDF)
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders(b"zzz\r\nnonsense\r\n")
        reply = connection.getresponse()
        self.check("POST", path, Answer(reply.status, reply.headers, reply.read()), 400)
        connection.close()

    def without_model(self):
        with Backend() as backend:
            for path, body in (("/api/chat", CHAT), ("/api/resume/feedback", REVIEW)):
                answer = backend.post(path, body)
                self.check("POST", path, answer, 503)
                self.assertEqual(answer.json()["type"], "/problems/no-model")
            answer = backend.post("/api/interview/feedback", FEEDBACK)
            self.check("POST", "/api/interview/feedback", answer, 200)
            self.assertEqual([event["event"] for event in answer.events()], ["meta", "checks", "notice", "done"])
            self.check("GET", "/api/config", backend.get("/api/config"), 200)
            self.assertEqual(backend.get("/api/config").json()["model"], {"available": False, "name": None, "reason": "no-key"})

    def too_many(self):
        with Backend(CHAT_PER_MINUTE=1, REVIEWS_PER_MINUTE=1) as backend:
            for number, (path, body) in enumerate((("/api/chat", CHAT), ("/api/resume/feedback", REVIEW), ("/api/interview/feedback", FEEDBACK))):
                client = f"10.2.0.{number}"
                self.assertNotEqual(backend.post(path, body, client=client).status, 429)
                self.check("POST", path, backend.post(path, body, client=client), 429)
                self.assertNotEqual(backend.post(path, body, client=client + "9").status, 429, "another client has its own share")
            for status in (200, 429):
                answer = backend.post("/api/resume/review", RESUME.encode(), headers={"Content-Type": "text/plain"}, client="10.2.0.9")
                self.check("POST", "/api/resume/review", answer, status)

    def busy(self):
        with FakeModel("hold") as model, Backend(**model.environment, STREAMS=1, READERS=1, READERS_WAITING=0, REVIEWS_PER_MINUTE=100000) as backend:
            held = backend.open_stream("/api/chat", CHAT, client="10.3.0.1")
            read_until(held, b"event: delta")
            answer = backend.post("/api/interview/feedback", FEEDBACK, client="10.3.0.2")
            self.check("POST", "/api/interview/feedback", answer, 503)
            self.assertEqual(answer.json()["type"], "/problems/busy")
            held.close()
            content = pdf(pages=20)
            refused = []

            def upload(_):
                answer = backend.post("/api/resume/review", content, headers={"Content-Type": PDF})
                if answer.status == 503:
                    refused.append(answer)

            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                until(lambda: list(pool.map(upload, range(12))) and bool(refused), "one of many files at once is refused")
            self.check("POST", "/api/resume/review", refused[0], 503)

    def draining(self):
        with FakeModel("hold") as model, Backend(**model.environment) as backend:
            stream = backend.open_stream("/api/chat", CHAT)
            begun = read_until(stream, b"event: delta")
            backend.process.send_signal(signal.SIGTERM)
            until(lambda: backend.log_lines(event="draining"), "it drains")
            self.check("GET", "/ready", backend.get("/ready"), 503)
            self.check("GET", "/health", backend.get("/health"), 200)
            self.check("GET", "/api/health", backend.get("/api/health"), 200)
            model.release.set()
            whole = begun + read_until(stream, b"0\r\n\r\n")
            self.assertIn(b"event: done", whole, "an open stream ends in its own time")
            self.assertEqual(backend.process.wait(10), 0)
            stream.close()


if __name__ == "__main__":
    unittest.main()
