"""Setting up by asking: what is entered is checked against the API, and stays with its owner."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from base.errors import Unavailable
from config.accounts import read
from config.env_file import write_settings
from demo.account.account import demo_account
from demo.server.server import serve
from tests.console.test_keys import run

ROOT = Path(__file__).parents[2]


def at_a_terminal(
    folder: Path, base_url: str, words: list[str], typed: list[tuple[str, str]]
) -> tuple[int, str]:
    """Run a task at a terminal of its own, at which each prompt is answered when it stands there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "invoke", "--search-root", str(ROOT), *words],
        cwd=folder,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
        env={**os.environ, "TESTIO_CUSTOMER_API_BASE_URL": base_url},
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        said, waiting = "", list(typed)
        while piece := process.stdout.read(1):
            said += piece.decode(errors="replace")
            if waiting and said.endswith(waiting[0][0]):
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    return process.returncode, said


def answers(name: str, token: str, products: str | None = None) -> list[tuple[str, str]]:
    asked = [("company's): ", name), ("not shown): ", token)]
    return asked if products is None else [*asked, ("left blank: ", products)]


@pytest.mark.slow
def test_setup_asks_checks_and_writes_for_its_owner_only(tmp_path: Path) -> None:
    with serve(demo_account(20, bugs=10)) as api:
        typed = answers("Halo & Sons Ltd", api.token, "598, 30417")
        code, said = at_a_terminal(tmp_path, api.base_url, ["setup"], typed)
        assert code == 0, said
        assert "Halo Shop" in said
        assert api.token not in said
        path = tmp_path / ".env"
        assert path.stat().st_mode & 0o777 == 0o600
        assert dict(read(path)) == {
            "TESTIO_CUSTOMER_NAME": "Halo & Sons Ltd",
            "TESTIO_CUSTOMER_API_TOKEN": api.token,
            "TESTIO_PRODUCT_IDS": "598,30417",
        }
        code, said = at_a_terminal(tmp_path, api.base_url, ["setup"], typed)
        assert (code, "is filled in already" in said) == (1, True), said
        add = ["accounts", "add", "--name", "acme"]
        code, said = at_a_terminal(tmp_path, api.base_url, add, answers("Acme", "wrong-token-123456"))
        assert code == 1, said
        assert not (tmp_path / "accounts").exists()
        code, said = at_a_terminal(tmp_path, api.base_url, add, answers("Acme", api.token, ""))
        assert code == 0, said
        remove = ["accounts", "remove", "--name", "acme"]
        code, said = at_a_terminal(tmp_path, api.base_url, remove, [("[y/N] ", "y")])
        assert code == 0, said
        assert not (tmp_path / "accounts" / "acme.env").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("setup",), "This task asks, and there is no terminal to ask at. Write TESTIO_CUSTOMER_API_TOKEN="),
        (("accounts", "add", "--name", "acme"), "This task asks, and there is no terminal to ask at."),
        (("accounts", "add"), "'' does not name an account."),
        (("accounts", "add", "--name", "../x"), "'../x' does not name an account."),
        (("accounts", "remove", "--name", "acme"), "There is no account 'acme'."),
        (("accounts", "rename"), "'rename' is not an action."),
    ],
)
def test_what_cannot_be_asked_is_one_line_that_says_what_to_do(
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
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_settings_that_lie_behind_a_link_are_written_there(tmp_path: Path, *, there: bool) -> None:
    """The link became a file of its own, and its target stayed as it was."""
    shared = tmp_path / "shared" / "acme.env"
    if there:
        write_settings(shared, {"TESTIO_CUSTOMER_NAME": "Acme"})
    (tmp_path / ".env").symlink_to(shared)
    write_settings(tmp_path / ".env", {"TESTIO_ACCOUNT": "acme"})
    assert (tmp_path / ".env").is_symlink()
    assert dict(read(shared)) == {
        **({"TESTIO_CUSTOMER_NAME": "Acme"} if there else {}),
        "TESTIO_ACCOUNT": "acme",
    }
    assert shared.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["pipe", "folder", "link-to-pipe", "link-to-itself"])
def test_settings_replace_nothing_that_is_no_plain_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that a shell hands over through a pipe were replaced by a file with the token."""
    monkeypatch.setattr("config.small_files.PIPE_WAIT_SECONDS", 0.01)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link-to-pipe").symlink_to("pipe")
    (tmp_path / "link-to-itself").symlink_to("link-to-itself")
    before = {path.name: path.lstat() for path in tmp_path.iterdir()}
    with pytest.raises(Unavailable, match="cannot be written"):
        write_settings(tmp_path / name, {"TESTIO_ACCOUNT": "acme"})
    assert {path.name: path.lstat().st_ino for path in tmp_path.iterdir()} == {
        each: found.st_ino for each, found in before.items()
    }


def test_accounts_are_listed_and_one_is_made_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("acme", "globex"):
        write_settings(tmp_path / "accounts" / f"{name}.env", {"TESTIO_CUSTOMER_NAME": name})
    (tmp_path / ".env").write_text("# mine\nLOG_LEVEL=DEBUG\n")
    code, out, _ = run(capsys, "accounts", "default", "--name", "globex")
    assert (code, "Tasks work on globex" in out) == (0, True)
    _, out, _ = run(capsys, "accounts", "list")
    assert "* globex" in out
    assert "  acme" in out
    assert (tmp_path / ".env").read_text() == "# mine\nLOG_LEVEL=DEBUG\nTESTIO_ACCOUNT=globex\n"
