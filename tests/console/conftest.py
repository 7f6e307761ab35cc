"""Tasks as a user runs them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stamina

from config.settings import Settings
from tasks import program
from tests.logged import logging_kept

Said = tuple[int, str, str]
Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs tasks in an empty folder and gives exit code, stdout and stderr."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    stamina.set_testing(True, attempts=2)

    def say(*words: str, **environment: str) -> Said:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            code = 0
            try:
                program.run(["testio-reports", *words])
            except SystemExit as ended:
                code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    with logging_kept():
        yield say
    stamina.set_testing(False)
