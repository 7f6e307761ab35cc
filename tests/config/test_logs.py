"""Log lines say what happened and never a secret."""

import logging
import re
import warnings
from collections.abc import Iterator

import pytest

from base.log_context import bound
from config.logs import configure
from config.scrubbing import HIDDEN, hide, scrub
from tests.effort import LONG, giving_up
from tests.logged import lines_of, logging_kept

TOKEN = "planted-token-0123456789"


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Other tests keep their logging."""
    with logging_kept():
        yield


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return lines_of(capsys.readouterr().err)


def test_a_line_is_json_with_time_level_its_values_and_what_was_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("INFO", "json")
    with bound(refresh="r1"):
        logging.getLogger("fetch.refresh").info("done 100 %", extra={"tests": 3})
    logging.getLogger("fetch.refresh").info("later")
    line, later = lines(capsys)
    assert line.keys() == {"event", "level", "timestamp", "refresh", "tests"}
    assert (line["event"], line["refresh"], line["tests"], line["level"]) == ("done 100 %", "r1", 3, "info")
    assert later.keys() == {"event", "level", "timestamp"}


def test_a_line_for_people_has_the_same_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO", "text")
    with bound(refresh="r1"):
        logging.getLogger("fetch.refresh").warning("done", extra={"tests": 3})
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT[\d:.]+Z \[warning  \] done +refresh=r1 tests=3\n", capsys.readouterr().err
    )


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("attack", ["\x1b[2J", "\x9b2J", "\u202edlrow", "\x07"])
def test_no_line_steers_the_terminal(capsys: pytest.CaptureFixture[str], form: str, attack: str) -> None:
    """A title of the upstream in a log line cleared the screen, or looked like a line of its own."""
    configure("INFO", form)
    logging.getLogger("fetch").warning("%s", f"a{attack}\nb", extra={"title": attack, "several": [attack]})
    err = capsys.readouterr().err
    assert not set("\x1b\x9b\u202e\x07") & set(err)
    assert err.count("\n") == 1


def test_values_and_their_names_are_scrubbed(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO", "json")
    hide(TOKEN)
    with bound(where=f"https://a.example/?key={TOKEN}"):
        logging.getLogger("fetch").info("done", extra={"reason": [TOKEN], TOKEN: {TOKEN: 1}})
    err = capsys.readouterr().err
    assert TOKEN not in err
    assert err.count(HIDDEN) == 4


def test_a_warning_becomes_a_scrubbed_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO", "json")
    hide(TOKEN)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)  # catch_warnings puts back what pytest shows warnings with
        logging.captureWarnings(True)
        warnings.warn(f"{TOKEN} will go away", DeprecationWarning, stacklevel=1)
    (line,) = lines(capsys)
    assert f"DeprecationWarning: {HIDDEN} will go away" in str(line["event"])
    assert line["level"] == "warning"


def test_a_line_that_does_not_fit_its_values_is_named_and_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("INFO", "json")
    logging.getLogger("library").info("%d requests", "some-value")
    (line,) = lines(capsys)
    assert line["level"] == "error"
    assert re.fullmatch(r"the line logged at test_logs:\d+ does not fit its values", str(line["event"]))


def test_a_library_s_own_handler_is_taken_away(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("fastmcp")
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    configure("INFO", "json")
    hide(TOKEN)
    logging.getLogger("fastmcp.server").info("not at this level")
    logging.getLogger("fastmcp.server").warning("about %s", TOKEN)
    assert [line["event"] for line in lines(capsys)] == [f"about {HIDDEN}"]


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
