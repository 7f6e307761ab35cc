"""Google's and Azure's buckets: what moves the pointer is a write on their own kind of condition."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.errors import StoreFailed
from snapshot.reader import current_id
from snapshot.remote import Pushed, pull, push
from snapshot.verify import verify
from tests.snapshot.bucket_server import NAME, Bucket, bucket_server
from tests.snapshot.test_remote import LATER, a_day

pytestmark = pytest.mark.slow
URLS = {"gs": f"gs://{NAME}/acme", "az": f"az://{NAME}/acme"}


def environment(scheme: str, port: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    if scheme == "az":
        return {
            "AZURE_STORAGE_ENDPOINT": url,
            "AZURE_STORAGE_ACCOUNT_NAME": "account",
            "AZURE_STORAGE_ACCOUNT_KEY": base64.b64encode(b"made-up").decode(),
        }
    account = {"gcs_base_url": url, "disable_oauth": True, "client_email": "", "private_key": ""}
    return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps({**account, "private_key_id": ""})}


@pytest.fixture(params=URLS)
def url(request: pytest.FixtureRequest) -> str:
    return URLS[request.param]


@pytest.fixture
def bucket(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with bucket_server() as found:
        for name, value in environment(url[:2], found.port).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        yield found


def test_a_version_travels_and_only_what_is_missing(tmp_path: Path, bucket: Bucket, url: str) -> None:
    first = a_day(tmp_path / "a")
    assert push(tmp_path / "a", url, now=LATER) == Pushed(first.id, True, len(first.entries))
    second = a_day(tmp_path / "a", 1)
    bucket.written.clear()
    assert push(tmp_path / "a", url, now=LATER) == Pushed(second.id, True, 1)
    manifest = f"acme/versions/{second.id}/manifest.json"
    assert bucket.written[1:] == [manifest, "acme/history.jsonl", "acme/CURRENT"]
    assert pull(tmp_path / "b", url, now=LATER).published
    assert current_id(tmp_path / "b") == second.id
    assert verify(tmp_path / "b") == []


@pytest.mark.parametrize(("my_day", "other_day"), [(1, 2), (2, 1)])
def test_of_two_that_push_at_once_neither_loses_a_version(
    tmp_path: Path, bucket: Bucket, url: str, my_day: int, other_day: int
) -> None:
    """The other one writes the pointer between our reading and our writing of it."""
    a_day(tmp_path / "first")
    push(tmp_path / "first", url, now=LATER)
    mine, other = a_day(tmp_path / "mine", my_day), a_day(tmp_path / "other", other_day)

    def interfere(name: str) -> None:
        if name == "acme/CURRENT":
            bucket.before = None
            push(tmp_path / "other", url, now=LATER)

    bucket.before = interfere
    assert push(tmp_path / "mine", url, now=LATER).published is (my_day > other_day)
    for version in (mine.id, other.id):
        assert f"acme/versions/{version}/manifest.json" in bucket.objects
    pull(tmp_path / "reader", url, now=LATER)
    assert current_id(tmp_path / "reader") == max(mine.id, other.id)


def test_a_bucket_that_refuses_is_told_in_a_line(tmp_path: Path, bucket: Bucket, url: str) -> None:
    a_day(tmp_path / "a")
    bucket.refusing = True
    for move in (push, pull):
        with pytest.raises(StoreFailed) as raised:
            move(tmp_path / "a", url, now=LATER)
        assert "\n" not in str(raised.value)
        assert "403 Forbidden" in str(raised.value) + raised.value.why
        assert "made-up" not in str(raised.value)
