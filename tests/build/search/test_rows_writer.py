"""Rows written term by term are those that Whoosh's own writer writes, posting for posting."""

# Whoosh is typed in part:
# mypy: disable-error-code="no-untyped-call"

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from whoosh.analysis.analyzers import CompositeAnalyzer
from whoosh.fields import TEXT
from whoosh.index import Index, create_in
from whoosh.reading import IndexReader, SegmentReader

from build.search import rows_writer
from build.search.analysis import Terms, Words, places
from build.search.documents import LONGEST_TEXT
from build.search.rows_writer import Postings, RowsWriter
from build.search.schema import INDEX_NAME, search_schema
from build.search.words import terms

WORDS = (
    "cart",
    "Cart,",
    "v2",
    "v2.10.3",
    "Größe",
    "re\u0301sume\u0301",
    "购物车",
    "カートが空",
    "سَلَّة",
    "\uff21\uff22",
    "·",
)
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=12), max_size=30).map(" ".join)


def a_row(number: int, text: str) -> dict[str, str]:
    return {
        "uid": f"bug:{number}",
        "kind": "bug",
        "product": str(number % 3),
        "status": "accepted",
        "title": text[:20],
        "text": text,
        "hash": f"h{number}",
    }


def written(folder: Path, texts: Sequence[str], writer: Any) -> Index:
    folder.mkdir(parents=True, exist_ok=True)
    index = create_in(str(folder), search_schema(), INDEX_NAME)
    writing = writer(index, folder)
    for number, text in enumerate(texts):
        writing.add_document(**a_row(number, text))
    writing.add_document(uid="state", snapshot="one")
    writing.commit()
    return index


def whoosh_writer(index: Index, _: Path) -> Any:
    return index.writer()


def everything(reader: IndexReader) -> dict[str, object]:
    """What a reader says of every term: rows with weights and places, and what it knows of all of them."""
    found: dict[str, object] = {"stored": list(reader.all_stored_fields())}
    for field, term in reader.all_terms():
        postings = reader.postings(field, term)
        listed = []
        while postings.is_active():
            where = postings.value_as("positions") if field in {"title", "text"} else None
            listed.append((postings.id(), postings.weight(), where))
            postings.next()
        info = reader.term_info(field, term)
        known = (
            info.weight(), info.doc_frequency(), info.min_length(), info.max_length(), info.max_weight(),
            info.min_id(), info.max_id(),
        )  # fmt: skip
        found[f"{field}:{term.decode()}"] = (listed, known)
    for field in ("title", "text"):
        lengths = [reader.doc_field_length(row, field) for row in range(reader.doc_count_all())]
        found[f"lengths of {field}"] = (reader.field_length(field), lengths)
    return found


@given(TEXTS)
@example("")
@example("a" * 200 + " " + "漢" * 150 + " a")
@example("snake_case42 x1 1x ß ﬁ İ 2.10.3 · v1.2")
def test_one_pass_finds_the_terms_and_places_of_the_analyzer(text: str) -> None:
    expected: dict[bytes, list[int]] = defaultdict(list)
    for term, place in terms(text):
        expected[term.encode()].append(place)
    found, length = places(text)
    assert {term: [at] if isinstance(at, int) else at for term, at in found.items()} == expected
    assert list(found) == list(expected)
    assert length == sum(map(len, expected.values()))


@given(TEXTS)
def test_the_field_gives_whoosh_what_its_analyzer_would(text: str) -> None:
    assert list(Words().index(text)) == list(TEXT(analyzer=CompositeAnalyzer(Terms())).index(text))


@pytest.mark.slow
@pytest.mark.parametrize("held", [rows_writer.MOST_HELD, 100])
def test_an_index_reads_as_if_whoosh_had_written_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(Postings.__init__, "__defaults__", (held,))
    texts = [
        f"basket {number} {WORDS[number % len(WORDS)]} {'again ' * (number % 5)}" for number in range(300)
    ] + ["", "x " * 400]
    ours = written(tmp_path / "ours", texts, RowsWriter)
    plain = written(tmp_path / "plain", texts, whoosh_writer)
    with ours.reader() as one, plain.reader() as other:
        assert everything(one) == everything(other)


def test_rows_that_are_merged_into_a_new_segment_keep_all_they_had(tmp_path: Path) -> None:
    """An index is brought together by Whoosh's merging, and reads like one that was written at once."""

    def join(writer: Any, segments: Iterable[Any]) -> list[Any]:
        for segment in segments:
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
        return []

    texts = [f"basket {number} {WORDS[number % len(WORDS)]}" for number in range(150)]
    index = written(tmp_path / "parts", texts, RowsWriter)
    writing = RowsWriter(index, tmp_path)
    writing.delete_document(7)
    writing.add_document(**a_row(7, texts[7]))
    writing.commit(mergetype=join)
    with index.reader() as reader:
        assert reader.doc_count_all() == len(texts) + 1
        rows = {fields["uid"]: fields.get("text") for fields in reader.all_stored_fields()}
        assert rows == {"state": None, **{f"bug:{number}": text for number, text in enumerate(texts)}}
        assert reader.doc_frequency("title", "basket") == len(texts)


def test_the_longest_text_has_a_code_for_each_of_its_places() -> None:
    found, _ = places("a " * (LONGEST_TEXT // 2) + "end")
    assert found[b"end"] == LONGEST_TEXT // 2
