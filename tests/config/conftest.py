from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from config.settings import Settings


class MemoryKeyring(KeyringBackend):
    """A keyring that lives as long as the test."""

    priority = -1.0
    passwords: dict[tuple[str, str], str]

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no .env of the machine takes part."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def kept_tokens() -> Iterator[dict[tuple[str, str], str]]:
    """What the system keyring holds, by service and user."""
    before = keyring.get_keyring()
    held = MemoryKeyring()  # type: ignore[no-untyped-call]
    held.passwords = {}
    keyring.set_keyring(held)
    yield held.passwords
    keyring.set_keyring(before)
