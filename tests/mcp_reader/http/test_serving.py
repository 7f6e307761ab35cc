"""The task itself on a socket: it serves others while some misbehave, and ends after what it was doing."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.mcp_reader.http.conftest import answer

pytestmark = pytest.mark.slow
MANY = 1000


def test_a_thousand_open_connections_and_a_slow_client_hold_nobody_up(
    served: subprocess.Popen[bytes], port: int
) -> None:
    slow = socket.create_connection(("127.0.0.1", port))
    slow.sendall(b"POST /api/v1/list_products HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MANY)]
    assert '"products"' in answer(port, "/api/v1/list_products")
    assert served.poll() is None
    for connection in (*idle, slow):
        connection.close()
    assert answer(port, "/healthz") == '{"status":"ok"}'


def test_it_ends_cleanly_when_it_is_told_to(
    served: subprocess.Popen[bytes], port: int, tmp_path: Path
) -> None:
    answer(port, "/api/v1/list_products?search=halo")
    served.send_signal(signal.SIGTERM)
    served.wait(timeout=60)
    log = (tmp_path / "log").read_text()
    assert served.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in log
    lines = [line for line in log.splitlines() if "testio.audit" in line or '"event": "call"' in line]
    assert any('"route": "/api/v1/list_products"' in line and '"outcome": 200' in line for line in lines)
    assert "halo" not in log
