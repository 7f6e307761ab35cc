"""A folder served over HTTP on loopback, with faults laid over single files."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = Callable[["Handler"], None]


@dataclass
class WebFolder:
    """The server's address, every path that was asked for, and what answers in place of a file."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, web: WebFolder, *arguments: object, directory: str) -> None:
        self.web = web
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.web.asked.append(self.path)
        for part, fault in self.web.faults.items():
            if part in self.path:
                return fault(self)
        return super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def status(code: int) -> Fault:
    return lambda handler: handler.send_error(code)


def body(content: bytes) -> Fault:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def cut(handler: Handler) -> None:
    """Promise more than is sent, and close the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True


@contextmanager
def web_folder(folder: Path) -> Iterator[WebFolder]:
    web = WebFolder()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, web, directory=str(folder)))
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
