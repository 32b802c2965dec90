"""Requests at a steady rate, each on a connection of its own, as many users make them. Each is recorded."""
import http.client
import ssl
import threading
import time
import urllib.parse

from timeline import Request

PATHS = ("/", "/api/careers", "/health", "/api/health")
TIMEOUT = 5.0       # seconds; a user has gone by then


class Load:
    def __init__(self, url, rate, trust=None, threads=8):
        self.context = ssl.create_default_context(cadata=trust) if url.startswith("https") else None
        self.rate, self.requests, self.url = rate, [], url
        self._stop, self._count = threading.Event(), threads
        self._threads = []

    def start(self):
        self._grow(self._count)

    def _grow(self, count):
        for index in range(len(self._threads), count):
            thread = threading.Thread(target=self._run, args=(index,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def faster(self, rate):
        """Another rate from now on; slow answers need more hands."""
        self.rate = rate
        self._grow(max(self._count, min(64, int(rate / 4))))

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 1)

    def _run(self, index):
        turn, due = index, time.monotonic() + index / max(self.rate, 0.1)
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            self.requests.append(self.one(PATHS[turn % len(PATHS)]))
            turn += 1
            # Behind its time it does not run after it: a hanging page would be flooded once it is back.
            due = max(time.monotonic(), due + len(self._threads) / self.rate)

    def one(self, path):
        start, url = time.time(), urllib.parse.urlsplit(self.url)
        connection = None
        try:
            if url.scheme == "https":
                connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=TIMEOUT, context=self.context)
            else:
                connection = http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT)
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            answer.read()
            return Request(start, time.time(), answer.status == 200, f"{answer.status} {path}")
        except (OSError, http.client.HTTPException) as error:
            return Request(start, time.time(), False, f"{type(error).__name__} {path}")
        finally:
            if connection is not None:
                connection.close()

    def failing_since(self, since):
        """When requests began to fail so that a watchman would notice: three in a row, or within two seconds. None where they do not."""
        bad = [r for r in list(self.requests) if not r.ok and r.end >= since]
        for first, third in zip(bad, bad[2:]):
            if third.end - first.end <= 2 * TIMEOUT:
                return third.end
        return None

    def fine_for(self, seconds):
        """Whether all of the last seconds' requests were good, and there were some."""
        since = time.time() - seconds
        last = [r for r in list(self.requests)[-2000:] if r.end >= since]
        return bool(last) and all(r.ok for r in last)
