"""Documents: their bytes, their hash, and what is refused."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.errors import DamagedDocument, NewerFormat
from snapshot.format import upgrade
from snapshot.format.documents import Document, decode, digest, encode, fingerprint
from tests.snapshot.documents import NOW, a_test, product

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
half_characters = st.text(st.sampled_from("Aß\ud800\udbff"))


def test_a_document_is_sorted_pretty_json_with_one_trailing_newline() -> None:
    raw = encode(Document("product", 598, NOW, {"name": "Zoë", "id": 598}))
    assert raw.decode() == (
        '{\n  "data": {\n    "id": 598,\n    "name": "Zoë"\n  },\n'
        '  "fetched_at": "2026-11-20T06:00:00Z",\n  "format": 1,\n  "id": 598,\n  "kind": "product"\n}\n'
    )


@given(st.dictionaries(st.text(), anything, max_size=5))
def test_any_json_survives_storing_and_keeps_its_hash(data: dict[str, Any]) -> None:
    document = Document("test", 7, NOW, data)
    again = decode(encode(document))
    assert encode(again) == encode(document)
    assert digest(again) == digest(document) == fingerprint(encode(document))


@given(half_characters, st.integers(min_value=2**64, max_value=2**80))
def test_text_and_numbers_that_json_files_cannot_hold_are_replaced(text: str, number: int) -> None:
    document = decode(encode(Document("test", 7, NOW, {text: [text, number]})))
    [(key, [value, stored])] = document.data.items()
    assert key == value == text.replace("\ud800", "\ufffd").replace("\udbff", "\ufffd")
    assert stored == float(number)


def test_the_hash_leaves_out_when_it_was_fetched_and_nothing_else() -> None:
    document = a_test(1)
    later = a_test(1, at=NOW + timedelta(days=3))
    assert digest(later) == digest(document)
    assert digest(a_test(1, "running")) != digest(document)
    assert digest(a_test(2)) != digest(document)
    assert digest(product(1)) != digest(document)


def test_a_fetched_at_inside_the_data_belongs_to_the_hash() -> None:
    one = Document("test", 1, NOW, {"fetched_at": "2026-11-20T06:00:00Z", "text": '\n  "fetched_at": "x",\n'})
    other = Document(
        "test", 1, NOW, {"fetched_at": "2026-11-21T06:00:00Z", "text": '\n  "fetched_at": "x",\n'}
    )
    assert digest(one) != digest(other)


def test_times_are_stored_in_utc_and_whole_seconds() -> None:
    at = datetime(2026, 11, 20, 8, 0, 0, 999_000, tzinfo=timezone(timedelta(hours=2)))
    assert decode(encode(product(at=at))).fetched_at == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="offset"):
        encode(product(at=datetime(2026, 11, 20)))  # noqa: DTZ001


def test_data_deeper_than_any_reader_goes_is_refused() -> None:
    nested: list[Any] = []
    for _ in range(2000):
        nested = [nested]
    with pytest.raises(ValueError, match="JSON"):
        encode(Document("test", 1, NOW, {"deep": nested}))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"format": True},
        {"format": "1"},
        {"kind": "bug"},
        {"kind": ["test"]},
        {"id": "7"},
        {"id": True},
        {"id": -1},
        {"data": []},
        {"data": None},
        {"fetched_at": None},
        {"fetched_at": "yesterday"},
        {"fetched_at": "2026-11-20T06:00:00"},
        {"fetched_at": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_an_envelope_of_the_wrong_shape_is_damage(change: dict[str, Any]) -> None:
    envelope = {**orjson.loads(encode(a_test(7))), **change}
    with pytest.raises(DamagedDocument, match=r"^test 7 cannot be read\. It is damaged"):
        decode(orjson.dumps(envelope), "test 7")


@pytest.mark.parametrize("length", [0, 1, 20, -2])
def test_a_cut_document_is_damage(length: int) -> None:
    with pytest.raises(DamagedDocument):
        decode(encode(a_test(7))[:length])


def test_a_newer_format_is_refused_by_its_number_and_name() -> None:
    envelope = {**orjson.loads(encode(a_test(7))), "format": 2}
    with pytest.raises(NewerFormat, match=r"test 7 has snapshot format 2\. .* up to 1\. Update"):
        decode(orjson.dumps(envelope), "test 7")


def test_an_older_format_is_upgraded_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = encode(a_test(7))
    monkeypatch.setattr(upgrade, "FORMAT", 3)
    monkeypatch.setitem(upgrade.UPGRADES, 1, lambda old: {**old, "data": {"steps": [old["format"]]}})
    monkeypatch.setitem(
        upgrade.UPGRADES, 2, lambda old: {**old, "data": {"steps": [*old["data"]["steps"], old["format"]]}}
    )
    assert decode(raw).data == {"steps": [1, 2]}
