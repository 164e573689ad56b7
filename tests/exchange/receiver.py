"""A platform of our own to send to: a real HTTP server that misbehaves on demand and keeps what it took, by key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = b"a key for tests, thirty-two bytes or more"


class Receiver:
    """Takes each key once. `misbehave(...)` says what becomes of the next requests, one name each; then all is well again."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        """By key, in the order of first arrival: the content and the receipt given."""
        self.heard: list[str] = []
        """The key of every request, also of those that came to nothing."""
        self.forgeries: list[str] = []
        self.most_at_once = 0
        self.released = threading.Event()
        self.arrived = threading.Event()
        self._plan: list[str] = []
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.handle(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *args: None  # senders that go away are the point
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/messages"

    def misbehave(self, *names: str) -> None:
        with self._lock:
            self._plan.extend(names)

    def behave(self) -> None:
        with self._lock:
            self._plan.clear()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    # --- one request ------------------------------------------------------------------------------

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        key = request.headers["Idempotency-Key"]
        with self._lock:
            self.heard.append(key)
            self._busy[key] += 1
            self.most_at_once = max(self.most_at_once, self._busy[key])
            name = self._plan.pop(0) if self._plan else "take"
        self.arrived.set()
        try:
            getattr(self, f"_{name}")(request, key, body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the sender has gone
        finally:
            with self._lock:
                self._busy[key] -= 1

    def _genuine(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> bool:
        digest = hashlib.sha256(body)
        moment = request.headers["X-Xinheng-Timestamp"]
        signed = "\n".join(["POST", request.path, key, moment, digest.hexdigest()])
        mark = f"v1={hmac.new(KEY, signed.encode(), 'sha256').hexdigest()}"
        sealed = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        return (
            hmac.compare_digest(mark, request.headers["X-Xinheng-Signature"])
            and request.headers["Content-Digest"] == sealed
            and abs(time.time() - int(moment)) < 300
        )

    def _keep(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> str | None:
        """The receipt; the same again for a key that is known. None for a message that is not the sender's."""
        if not self._genuine(request, key, body):
            self.forgeries.append(key)
            return None
        with self._lock:
            known = self.taken.get(key)
            if known is None:
                receipt = f"R-{len(self.taken) + 1:04}"
                self.taken[key] = known = {"content": json.loads(body), "body": body, "receipt": receipt}
            elif known["body"] != body:
                self.forgeries.append(key)
        return str(known["receipt"])

    @staticmethod
    def _say(request: BaseHTTPRequestHandler, status: int, told: Any, **headers: str) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    @staticmethod
    def _cut(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        request.connection.close()

    # --- well ------------------------------------------------------------------------------------

    def _take(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        receipt = self._keep(request, key, body)
        if receipt is None:
            self._say(request, 401, {"message": "签名不符"})
        else:
            self._say(request, 200, {"receipt": receipt})

    def _repeat(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        """The answer of platforms that call a known key a conflict."""
        known = key in self.taken
        receipt = self._keep(request, key, body)
        self._say(request, 409 if known else 201, {"code": "duplicate", "receipt": receipt})

    # --- badly: nothing taken ---------------------------------------------------------------------

    def _fail(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._say(request, 500, b"<html>down</html>")

    def _later(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._say(request, 429, {"message": "请稍后"}, Retry_After="90")

    def _cut_at_once(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._cut(request)

    def _page(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        """A gateway's page where nobody has understood anything."""
        self._say(request, 200, "<html>请登录</html>".encode(), Content_Type="text/html")

    def _elsewhere(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._say(request, 307, b"", Location=self.url)

    def _refuse(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._say(request, 422, {"message": "主体代码不在登记库中，经办人身份证11010519491231002X"})

    # --- badly: taken, and the sender does not learn of it ------------------------------------------

    def _take_and_cut(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._keep(request, key, body)
        self._cut(request)

    def _take_and_fail(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._keep(request, key, body)
        self._say(request, 502, b"")

    def _take_and_hang(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._keep(request, key, body)
        self.released.wait(20)

    def _take_and_half(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._keep(request, key, body)
        request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"receipt":')
        request.wfile.flush()
        self._cut(request)

    def _take_and_trickle(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        """Each byte in good time, the whole never."""
        self._keep(request, key, body)
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.released.wait(0.05):
            request.wfile.write(b".")
            request.wfile.flush()

    def _take_and_flood(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        receipt = self._keep(request, key, body)
        self._say(request, 200, {"receipt": receipt, "rest": "x" * 1_000_000})

    def _take_and_babble(self, request: BaseHTTPRequestHandler, key: str, body: bytes) -> None:
        self._keep(request, key, body)
        request.wfile.write(b"\x00\xff no protocol of ours\r\n\r\n")
        self._cut(request)


TRANSIENT = (
    "fail", "later", "cut_at_once", "page", "elsewhere", "take_and_cut", "take_and_fail", "take_and_hang", "take_and_half",
    "take_and_trickle", "take_and_flood", "take_and_babble",
)  # fmt: skip
"""What is tried again. (`refuse` is final, `repeat` is well.)"""


def wait_until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
