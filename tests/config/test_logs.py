"""Log lines say what happened and never a secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from config import scrubbing
from config.logs import configure
from config.scrubbing import hide, scrub
from tests.effort import LONG, giving_up

TOKEN = "planted-token-0123456789"


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Other tests keep their logging."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    hidden = set(scrubbing._secrets)
    yield
    scrubbing._secrets.intersection_update(hidden)
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_time_level_and_what_was_bound(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO", "json")
    with structlog.contextvars.bound_contextvars(refresh="r1"):
        structlog.get_logger().info("done", tests=3)
    (line,) = lines(capsys)
    assert line["event"] == "done"
    assert (line["refresh"], line["tests"], line["level"]) == ("r1", 3, "info")
    assert "timestamp" in line


def test_the_token_is_hidden_even_in_a_traceback_of_a_library(capsys: pytest.CaptureFixture[str]) -> None:
    configure("DEBUG", "json")
    hide(TOKEN)
    try:
        raise RuntimeError(f"header Authorization: Token {TOKEN}")
    except RuntimeError:
        logging.getLogger("httpx").exception("failed with %s", TOKEN)
    text = capsys.readouterr().err
    assert "RuntimeError" in text
    assert TOKEN not in text


def test_text_lines_hide_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure("DEBUG", "text")
    hide(TOKEN)
    logging.getLogger("anything").debug("GET https://a.example/b?X-Amz-Signature=abc by %s", TOKEN)
    text = capsys.readouterr().err
    assert "https://a.example/b?" in text
    assert TOKEN not in text
    assert "abc" not in text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://s3.example/a.png?X-Amz-Signature=deadbeef&x=1", "deadbeef"),
        ("HTTPS://S3.example/a.png?X-Amz-Signature=deadbeef", "deadbeef"),
        ("https://a.example/?to=https://b.example/?sig=deadbeef", "deadbeef"),
        ("https://crowd:pa55@shop.example/", "pa55"),
        ("HTTPS://crowd:pa55@shop.example/", "pa55"),
        ("Authorization: Token abcdefghijkl", "abcdefghijkl"),
        ("authorization: bearer abc.def.ghi", "abc.def.ghi"),
    ],
)
def test_secrets_are_known_by_their_form(text: str, hidden: str) -> None:
    assert hidden in text
    assert hidden not in scrub({"nested": [text]})["nested"][0]


@pytest.mark.parametrize("piece", ["https://", "https://a:", "https://a", "Token "])
def test_no_text_hangs_the_scrubbing(piece: str) -> None:
    text = piece * (LONG // len(piece))
    with giving_up():
        assert scrub(text) == text
