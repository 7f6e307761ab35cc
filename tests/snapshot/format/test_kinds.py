"""The table of document kinds is whole, and the documents about it say what it says."""

from pathlib import Path
from typing import get_args

import pytest

from snapshot.format.kinds import KINDS, Kind, ProblemKind, document_name, problem_noun, subject

ROOT = Path(__file__).parents[3]


def test_every_kind_has_its_row_in_the_table_and_in_the_docs() -> None:
    assert tuple(KINDS) == get_args(Kind)
    text = (ROOT / "docs" / "snapshot-format.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f"| `{kind}` |" in text
        assert f"(schemas/{kind}.json)" in text


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("product", "product 7"),
        ("features", "the features of product 7"),
        ("test", "test 7"),
        ("reject_reasons", "the reject reasons"),
    ],
)
def test_a_document_is_named_as_a_person_would(kind: Kind, name: str) -> None:
    assert document_name(kind, 7) == name


def test_every_problem_has_a_noun_and_is_about_a_document() -> None:
    kinds: tuple[ProblemKind, ...] = get_args(ProblemKind)
    assert {kind: (problem_noun(kind), subject(kind)) for kind in kinds} == {
        "product": ("product", "product"),
        "features": ("features", "features"),
        "test": ("test", "test"),
        "reject_reasons": ("reject reasons", "reject_reasons"),
        "bugs": ("bugs", "test"),
        "tests": ("list of tests", "test"),
    }
