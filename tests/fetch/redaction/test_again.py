"""What is remembered of objects and texts that come again changes nothing of what is redacted."""

import html
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.bounds import OBJECT_WORK
from fetch.redaction.fields import redact
from fetch.redaction.forms import decoded
from fetch.redaction.names import TooMuch
from fetch.redaction.secrets import Secrets
from tests.effort import calls

NAMES = st.sampled_from(["id", "name", "title", "test_environment", "connection", "url", "password", "label"])
TEXTS = st.sampled_from(["", "admin", "pl4nted!x", "https://a.example/b?c=d&sig=e", "2026-11-20", "20261120"])
VALUES = st.recursive(
    st.one_of(st.sampled_from([0, 1, 0.0, 1.0, True, False, None]), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
PIECES = ("&", "#", ";", "a", "amp", "lt", "copy", "X-Amz", "x41", "65", "=", " ", "notin", "Aacute")
ROWS = st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3), min_size=1, max_size=4)


def written(value: Any) -> str:
    return repr(value)  # tells 1, 1.0 and True apart


@given(ROWS, ROWS)
def test_objects_that_come_again_are_redacted_as_at_first(rows: list[Any], others: list[Any]) -> None:
    """A client that met the same objects before, at other depths too, returns what a new one returns."""
    old = Secrets("pl4nted!x")
    new = Secrets("pl4nted!x")
    for row in (*rows, *others):
        old.learn(row)
        new.learn(row)
    for row in (*rows, {"name": rows}, *rows, *others):
        redact(row, old)
    for row in (*rows, {"name": rows}, *others):
        fresh = Secrets("pl4nted!x")
        for taught in (*rows, *others):
            fresh.learn(taught)
        assert written(redact(row, old)) == written(redact(row, fresh))
    old.learn(list(others))
    assert old.fingerprints() == new.fingerprints()


def test_what_is_learnt_later_is_cut_out_of_objects_that_were_met_before() -> None:
    """An author who was harmless in ten rows is cut out of the eleventh, once the name opens something."""
    secrets = Secrets()
    row = {"author": {"name": "Xanthippe-77"}, "reported_at": "2026-11-20T00:17:13.000+02:00"}
    for _ in range(10):
        assert redact(row, secrets) == row
    secrets.learn({"test_environment": {"username": "qa", "password": "Xanthippe-77"}})
    assert redact(row, secrets)["author"] == {"name": ""}
    secrets.learn({"test_environment": {"username": "qa", "password": "2026-11-20"}})
    assert "2026-11-20" not in redact(row, secrets)["reported_at"]


def test_the_same_environment_teaches_again_when_its_first_answer_was_too_large() -> None:
    """Credentials in an answer that was given up are learnt from the next one that holds them."""
    secrets = Secrets()
    row = {"test_environment": {"username": "qa-crowd", "password": "Xanthippe-77"}}
    with pytest.raises(TooMuch):
        secrets.learn({**row, "numbers": [0] * OBJECT_WORK})
    assert redact({"name": "Xanthippe-77"}, secrets) == {"name": "Xanthippe-77"}
    secrets.learn(row)
    assert redact({"name": "Xanthippe-77"}, secrets) == {"name": ""}


@given(st.lists(st.sampled_from(PIECES)))
def test_references_are_found_as_html_finds_them(parts: list[str]) -> None:
    """The quick look for references passes over none that HTML knows."""
    text = "".join(parts)
    assert decoded(text) == html.unescape(text)


def test_a_device_that_comes_again_costs_a_few_calls() -> None:
    """A bug whose devices, author and product are known costs less than half of the first one."""
    device = {"id": 77, "vendor": {"name": "Samsung"}, "device": {"name": "Galaxy"}, "browsers": [{"id": 6}]}
    known = {"author": {"name": "alice"}, "product": {"id": 1, "name": "Shop"}, "devices": [device]}
    secrets = Secrets()
    first, _, again = (calls(partial(redact, {"id": number, **known}, secrets)) for number in range(3))
    assert again * 2 < first
