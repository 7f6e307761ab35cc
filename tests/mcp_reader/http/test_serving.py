"""The task itself on a socket: it serves others while some misbehave, and ends after what it was doing."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
MANY = 1000


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def served(indexed_snapshot: Path, tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "TESTIO_SNAPSHOT_DIR": str(indexed_snapshot),
        "TESTIO_SITE_DIR": str(tmp_path / "site"),
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "invoke", "--search-root", str(ROOT), "serve", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None:
            try:
                answer(port, "/healthz")
                break
            except OSError:
                continue
        yield process
        process.kill()


def answer(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as found:
        return str(found.read().decode())


def test_a_thousand_open_connections_and_a_slow_client_hold_nobody_up(
    served: subprocess.Popen[str], port: int
) -> None:
    slow = socket.create_connection(("127.0.0.1", port))
    slow.sendall(b"POST /api/v1/list_products HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MANY)]
    assert '"products"' in answer(port, "/api/v1/list_products")
    assert served.poll() is None
    for connection in (*idle, slow):
        connection.close()
    assert answer(port, "/healthz") == '{"status":"ok"}'


def test_it_ends_cleanly_when_it_is_told_to(served: subprocess.Popen[str], port: int) -> None:
    answer(port, "/api/v1/list_products?search=halo")
    served.send_signal(signal.SIGTERM)
    _, log = served.communicate(timeout=60)
    assert served.returncode in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    assert "Traceback" not in log
    lines = [line for line in log.splitlines() if "testio.audit" in line or '"event": "call"' in line]
    assert any('"route": "/api/v1/list_products"' in line and '"outcome": 200' in line for line in lines)
    assert "halo" not in log
