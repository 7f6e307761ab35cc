"""The containers' own commands run as they stand, where nothing but /data and /tmp can be written."""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.keys import add_key
from demo.account.account import demo_account
from demo.server.server import serve
from snapshot.reader import current_id
from tests.effort import GUARD
from tests.mcp_reader.http.conftest import free_port
from tests.test_containers import DOCKERFILE, compose, instruction, pods

pytestmark = pytest.mark.slow

IMAGE_USER = {"user": 65532, "group": 65532, "extra_groups": []}
READ_ONLY = """
import errno, os, sys
FREE = tuple(os.environ["WRITABLE"].split(os.pathsep))
CHANGES = {
    "os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod"
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def refuse(event, values):
    if event in CHANGES or event == "open" and isinstance(values[2], int) and values[2] & WRITING:
        path = values[0]
        if isinstance(path, (str, bytes)) and not os.path.abspath(os.fsdecode(path)).startswith(FREE):
            raise OSError(errno.EROFS, "Read-only file system", path)

sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Machine:
    """A container without Docker: its folders, and the environment that the image sets.

    Attributes:
        user: That of the image, where this machine lets a test take it.
    """

    root: Path
    user: Mapping[str, Any]

    def place(self, text: str) -> str:
        """Where a path of the container is on this machine."""
        return re.sub(r"(?<![\w./-])/(data|run/secrets)\b", lambda found: str(self.root / found[1]), text)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        last = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ").rpartition("\nFROM ")[2]
        (line,) = re.findall(r"(?m)^ENV (.*)$", last)
        image = dict(re.findall(r"(\w+)=(\S+)", line))
        assert image.pop("PATH") == "/app/bin:$PATH"
        free = [str(self.root / name) for name in ("data", "tmp", "../bucket")]
        return {
            "PATH": os.pathsep.join([str(self.root / "bin"), str(Path(sys.executable).parent), os.defpath]),
            "PYTHONPATH": str(self.root / "bin"),
            "WRITABLE": os.pathsep.join([*map(os.path.normpath, free), "/dev/"]),
            "TMPDIR": free[1],
            **{name: self.place(value) for name, value in {**image, **more}.items()},
        }

    @contextmanager
    def running(self, words: list[str], **more: str) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(
            [self.place(word) for word in words],
            cwd=self.root / "data",
            env=self.environment(more),
            stderr=subprocess.PIPE,
            **self.user,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, words: list[str], **more: str) -> tuple[int, str]:
        with self.running(words, **more) as process:
            _, said = process.communicate(timeout=GUARD)
        return process.returncode, said.decode()


def machine(root: Path) -> Machine:
    for name in ("data", "tmp", "bin", "run/secrets/testio"):
        (root / name).mkdir(parents=True)
    (root / "bin" / "sitecustomize.py").write_text(READ_ONLY)
    user: Mapping[str, Any] = IMAGE_USER
    try:
        subprocess.run(
            [sys.executable, "-c", "import testio_reports, tasks"], check=True, capture_output=True, **user
        )
    except (OSError, subprocess.CalledProcessError):
        return Machine(root, {})  # only root may be another user, and that one must reach this Python
    for name in ("data", "tmp"):
        os.chown(root / name, 65532, 65532)
    return Machine(root, user)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other users can enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()


@pytest.fixture
def api() -> Iterator[dict[str, str]]:
    with serve(demo_account(6, bugs=12)) as server:
        yield {"token": server.token, "TESTIO_CUSTOMER_API_BASE_URL": server.base_url}


def settings(container: Mapping[str, Any], url: str) -> dict[str, str]:
    """What the manifests set in a container, over a shared folder in place of the bucket."""
    kustomization = yaml.safe_load(
        (DOCKERFILE.parent / "deploy" / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8")
    )
    common = dict(line.split("=", 1) for line in kustomization["configMapGenerator"][0]["literals"])
    own = {one["name"]: one["value"] for one in container.get("env", ())}
    return {**common, **own, "TESTIO_SNAPSHOT_URL": url}


def containers() -> dict[str, Any]:
    return {
        one["name"]: one for pod in pods() for one in [*pod.get("initContainers", ()), *pod["containers"]]
    }


def status_of(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=GUARD) as answer:
        return int(answer.status)


def test_the_pods_refresh_push_pull_build_and_serve(place: Path, api: dict[str, str]) -> None:
    """One pod fills the bucket; another one without a token serves from it, and its probes find it ready."""
    found, bucket = containers(), place / "bucket"
    bucket.mkdir()
    bucket.chmod(0o777)
    token = api.pop("token")
    refresh, readers = machine(place / "refresh"), machine(place / "readers")
    (place / "refresh" / "run" / "secrets" / "testio" / "token").write_text(token)
    words = [*found["refresh"]["command"], *found["refresh"]["args"]]
    code, said = refresh.run(words, **settings(found["refresh"], bucket.as_uri()), **api)
    assert code == 0, said
    assert current_id(bucket)
    assert token not in said

    code, said = readers.run(found["pages"]["command"], **settings(found["pages"], bucket.as_uri()))
    assert code == 0, said
    assert current_id(place / "readers" / "data" / "snapshots") == current_id(bucket)
    assert (place / "readers" / "data" / "site" / "index.html").is_file()

    add_key(keys := place / "readers" / "run" / "secrets" / "testio" / "keys.json", "alice", ("read",))
    keys.chmod(0o644)
    args = found["serve"]["args"]
    assert [*instruction("ENTRYPOINT"), *instruction("CMD")] == ["testio-reports", *args]
    port = free_port()
    command = ["testio-reports", *args, "--port", str(port)]
    with readers.running(command, **settings(found["serve"], bucket.as_uri())) as process:
        ends = time.monotonic() + GUARD
        while process.poll() is None and time.monotonic() < ends:
            with suppress(OSError):
                assert status_of(port, found["serve"]["livenessProbe"]["httpGet"]["path"]) == 200
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        assert status_of(port, found["serve"]["readinessProbe"]["httpGet"]["path"]) == 200
        check = [word.replace(":8000/", f":{port}/") for word in instruction("HEALTHCHECK")]
        assert readers.run(check)[0] == 0


def test_the_service_that_refreshes_every_hour_does_so(place: Path, api: dict[str, str]) -> None:
    """Its loop, up to the first wait."""
    here, service = machine(place / "one"), compose()["services"]["refresh"]
    (place / "one" / "bin" / "sleep").write_text('#!/bin/sh\nkill "$PPID"\n')
    (place / "one" / "bin" / "sleep").chmod(0o755)
    (place / "one" / "run" / "secrets" / "token").write_text(api.pop("token"))
    code, said = here.run(service["entrypoint"], **service["environment"], **api)
    assert code == -15, said
    assert "Traceback" not in said
    assert current_id(place / "one" / "data" / "snapshots")
    assert (place / "one" / "data" / "site" / "index.html").is_file()


def test_the_rehearsal_refuses_what_a_read_only_container_refuses(place: Path) -> None:
    here = machine(place / "one")
    for path, code in (("/data/x", 0), (str(place / "x"), 1), ("../x", 1)):
        assert here.run(["python", "-c", f"open({here.place(path)!r}, 'w')"])[0] == code, path
