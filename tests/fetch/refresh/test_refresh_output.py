import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.logs import configure
from demo.account.account import DEMO_NOW, Account, demo_account, planted_secrets
from demo.server.exchange import Hits
from demo.server.faults import BrokenTest, CutJson, Fails
from demo.server.server import serve
from fetch.refresh.progress import Bars, Lines, Silent, shown
from fetch.refresh.refresh import refresh
from snapshot.errors import Locked
from snapshot.storage.lock import writing
from tests.fetch.refresh.faulty_refreshes import options, take
from tests.logged import lines_of, logging_kept

HALO, CANVAS, KESTREL, NORTHLIGHT = 598, 18559, 21043, 30417


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Other tests keep their logging."""
    with logging_kept():
        yield


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(24, bugs=48)


# Logs and progress


@pytest.mark.slow
async def test_one_refresh_id_is_in_every_line_and_the_last_one_counts(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO", "json")
    result = await take(tmp_path, account, faults=[BrokenTest(account.test_ids[HALO][3])])
    lines = lines_of(capsys.readouterr().err)
    assert {line.get("refresh") for line in lines} == {result.version}
    assert lines[0]["event"] == "refresh begins"
    last = lines[-1]
    assert last["event"] == "refresh published"
    assert last.items() >= {"tests": 23, "problems": 1, "requests": result.statistics.requests}.items()
    assert {"seconds", "documents_written", "documents_unchanged", "bugs"} <= last.keys()


async def test_a_refresh_that_cannot_begin_says_so_in_the_log_too(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO", "json")
    with writing(tmp_path, "prune"), pytest.raises(Locked):
        await take(tmp_path, account)
    lines = lines_of(capsys.readouterr().err)
    assert [(line["level"], line["event"]) for line in lines] == [("error", "nothing was published")]
    assert lines[0]["code"] == "LOCKED"
    assert "prune" in lines[0]["reason"] + lines[0]["why"]


@pytest.mark.slow
async def test_neither_logs_nor_progress_hold_a_secret(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO", "json")
    once = Hits(share=0.5)
    with shown() as progress, serve(account, faults=[Fails(500, once), CutJson(once)]) as server:
        await refresh(tmp_path, options(server), now=DEMO_NOW, progress=progress)
    told = "".join(capsys.readouterr())
    assert "asked again in" in told
    assert not [secret for secret in (*planted_secrets(account), "demo-token", "per_page") if secret in told]


@pytest.mark.slow
async def test_a_pipe_gets_progress_in_the_log_and_nothing_else(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO", "json")
    with shown() as progress, serve(account) as server:
        assert isinstance(progress, Lines)
        await refresh(tmp_path, options(server), now=DEMO_NOW, progress=progress)
    out, err = capsys.readouterr()
    assert out == ""
    lines = lines_of(err)
    told = [(line["part"], line["done"], line["total"]) for line in lines if line["event"] == "progress"]
    assert {("tests", 24, 24), ("lists", 5, 5)} <= set(told)
    assert len([part for part, _, _ in told if part == "tests"]) <= 10


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.slow
async def test_a_terminal_gets_bars(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = _Terminal()
    with shown(stream) as progress, serve(account) as server:
        assert isinstance(progress, Bars)
        await refresh(tmp_path, options(server), now=DEMO_NOW, progress=progress)
        progress.say("[not markup]")
    told = stream.getvalue()
    assert "24/24" in told
    assert "[not markup]" in told


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    silent.stage("x", 1)
    silent.advance("x")
    silent.say("x")
    assert capsys.readouterr() == ("", "")
