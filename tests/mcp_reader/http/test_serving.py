"""The task itself on a socket: it serves others while some misbehave, and ends after what it was doing."""

import resource
import signal
import socket

import pytest

from tests.mcp_reader.http.conftest import Served, answer

pytestmark = pytest.mark.slow
MANY = 1000


def room_for(files: int) -> None:
    """Let this process open so many files, as some machines allow a thousand only."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < files <= most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))


def test_a_thousand_open_connections_and_a_slow_client_hold_nobody_up(
    served: Served,
) -> None:
    room_for(MANY + 500)
    port = served.port
    slow = socket.create_connection(("127.0.0.1", port))
    slow.sendall(b"POST /api/v1/list_products HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MANY)]
    assert '"products"' in answer(port, "/api/v1/list_products")
    assert served.process.poll() is None
    for connection in (*idle, slow):
        connection.close()
    assert answer(port, "/healthz") == '{"status":"ok"}'


def test_it_ends_cleanly_when_it_is_told_to(served: Served) -> None:
    answer(served.port, "/api/v1/list_products?search=halo")
    served.process.send_signal(signal.SIGTERM)
    served.process.wait()
    log = served.log.read_text()
    assert served.process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in log
    lines = [line for line in log.splitlines() if "testio.audit" in line or '"event": "call"' in line]
    assert any('"route": "/api/v1/list_products"' in line and '"outcome": 200' in line for line in lines)
    assert "halo" not in log
