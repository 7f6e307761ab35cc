"""An S3 server on loopback, which can tell of every request before and after it is done."""

import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3  # type: ignore[import-untyped]
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "reports"
URL = f"s3://{BUCKET}/acme"


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class S3:
    """The server: the environment in which it is found, and what is called around each request.

    Attributes:
        asked: `PUT acme/CURRENT`, in order.
        before: Called before a request is done, and after it with `after`; None does nothing.
    """

    environment: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], None] | None = None
    after: Callable[[str], None] | None = None
    refusing: bool = False


@contextmanager
def s3_server() -> Iterator[S3]:
    s3 = S3()
    moto = DomainDispatcherApplication(create_backend_app)

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        name = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix(f'/{BUCKET}/')}"
        s3.asked.append(name)
        if s3.refusing:
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"no"]
        if s3.before:
            s3.before(name)
        answer = list(moto(environ, start_response))
        if s3.after:
            s3.after(name)
        return answer

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    address = f"http://127.0.0.1:{server.server_port}"
    s3.environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_REGION": "us-east-1",
    }
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="made-up",
            aws_secret_access_key="made-up",
            region_name="us-east-1",
        )
        urllib.request.urlopen(f"{address}/moto-api/reset", data=b"").close()  # noqa: S310 - its state is the process's
        client.create_bucket(Bucket=BUCKET)
        client.close()
        s3.asked.clear()
        yield s3
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
