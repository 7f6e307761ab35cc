"""A bucket on loopback, as far as Google's and Azure's differ from S3: the conditions of a write."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

NAME = "reports"
STAMP = "Sat, 28 Nov 2026 06:00:00 GMT"


@dataclass
class Bucket:
    """What it holds, each object with its number, and what is called before a write.

    Attributes:
        port: Where it listens.
        refusing: Whether every request is forbidden.
        before: Takes the name of the object that is about to be written.
    """

    port: int = 0
    objects: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    refusing: bool = False
    before: Callable[[str], None] | None = None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, bucket: Bucket, *arguments: object) -> None:
        self.bucket = bucket
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._read()

    def do_HEAD(self) -> None:
        self._read()

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        name = self._name()
        if name is not None and self.bucket.before:
            self.bucket.before(name)
        if name is None or self.bucket.refusing:
            self._say(404 if name is None else 403)
            return
        number = self.bucket.objects.get(name, (0, b""))[0]
        if not self._fits(number):
            self._say(412)
            return
        self.bucket.written.append(name)
        self.bucket.objects[name] = (len(self.bucket.written), content)
        self._say(201, len(self.bucket.written))

    def _fits(self, number: int) -> bool:
        """Whether the object is as the condition says: Google names a generation, Azure an entity tag."""
        generation = self.headers.get("x-goog-if-generation-match")
        match, none_match = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        return not (
            (generation is not None and int(generation) != number)
            or (match is not None and match != f'"{number}"')
            or (none_match == "*" and number)
        )

    def _read(self) -> None:
        name = self._name()
        number, content = self.bucket.objects.get(name or "", (0, b""))
        if self.bucket.refusing:
            self._say(403)
        elif number:
            self._say(200, number, content)
        else:
            self._say(404)

    def _name(self) -> str | None:
        _, found, name = unquote(self.path.partition("?")[0]).partition(f"/{NAME}/")
        return name if found else None

    def _say(self, status: int, number: int = 0, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", STAMP)
        if number:
            self.send_header("ETag", f'"{number}"')
            self.send_header("x-goog-generation", str(number))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, bucket))
    server.daemon_threads = True
    bucket.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
