"""The version is the installed one, and there is one also without an installation."""

from importlib import metadata

import pytest

from base.version import version


def test_the_version_is_the_installed_one() -> None:
    assert version() == metadata.version("testio-reports")


def test_what_was_never_installed_has_a_version_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert version() == "0"
