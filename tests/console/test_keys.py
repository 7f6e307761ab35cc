"""The task over API keys: a key is shown once, and what was given wrongly is said."""

import re
from pathlib import Path

import pytest

from tasks import program
from tests.logged import logging_kept


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = 0
    with logging_kept():
        try:
            program.run(["testio-reports", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_keys_are_added_listed_and_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(
        capsys, "keys", "add", "--name", "alice", "--scopes", "read,product:598", "--days", "90"
    )
    assert code == 0
    (text,) = re.findall(r"tio_[0-9a-f]{12}_[\w-]{43}", out)
    assert text.split("_", 2)[2] not in (tmp_path / "keys.json").read_text()
    _, out, _ = run(capsys, "keys", "list")
    assert "read,product:598" in out
    assert "alice" in out
    assert "1 key in keys.json." in out
    assert text not in out
    _, out, _ = run(capsys, "keys", "revoke", "--name", "alice")
    assert "is revoked" in out
    _, out, _ = run(capsys, "keys", "list")
    assert out == "0 keys in keys.json.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("keys", "add"), "add needs a name."),
        (("keys", "rename"), "'rename' is not an action."),
        (("keys", "add", "--name", "x", "--scopes", "all"), "'all' is not a scope."),
        (("keys", "add", "--name", "x", "--days", "0"), "--days is '0'"),
        (("keys", "revoke", "--name", "x"), "There is no key 'x'."),
        (("serve", "--host", "0.0.0.0"), "0.0.0.0 can be reached by other machines"),
        (("serve", "--port", "http"), "--port is 'http'"),
        (("export", "--help"), "'--help' stands where the file's name does."),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *words)
    assert code == 1
    assert err.startswith(said)
    assert not (tmp_path / "keys.json").exists()
