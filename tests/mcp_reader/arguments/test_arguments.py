"""Arguments are taken as people and models write them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from base.errors import InvalidInput
from mcp_reader.arguments.types import Id, Ids, Order, Text, Words, choice, known
from mcp_reader.paging import paginate


async def ask(product_ids: Ids = None, statuses: Words = None, test_id: Id = 1, order: Order = None) -> Any:
    return product_ids, statuses, test_id, order


async def given(**arguments: Any) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(ask)  # type: ignore[arg-type]  # a call, as the server makes it
    return await adapter.validate_python(arguments)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (598, (598,)),
        ("598", (598,)),
        (" #598 ", (598,)),
        (598.0, (598,)),
        ([598, 599], (598, 599)),
        (["598", 599, "", None, " "], (598, 599)),
        ("598,599", (598, 599)),
        ("598, 599,", (598, 599)),
        ("598;599", (598, 599)),
        ("598 599", (598, 599)),
        ("[598, 599]", (598, 599)),
        ('["598", "599"]', (598, 599)),
        ([598, 598, "598"], (598,)),
        (["598,599", 600], (598, 599, 600)),
        (None, None),
    ],
)
async def test_ids_are_taken_in_every_form(written: Any, meant: Any) -> None:
    assert (await given(product_ids=written))[0] == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("locked", ("locked",)),
        ("Locked", ("locked",)),
        ([" LOCKED ", "", "running"], ("locked", "running")),
        ("locked, Running", ("locked", "running")),
        ('["locked", "running"]', ("locked", "running")),
        ("[locked]", ("locked",)),
        (None, None),
    ],
)
async def test_words_are_taken_in_every_form_and_any_case(written: Any, meant: Any) -> None:
    assert (await given(statuses=written))[1] == meant


@pytest.mark.parametrize("written", [[], "", "[]", " , ", ["", None], "''"])
async def test_a_list_of_blanks_is_an_error_that_advises_to_leave_nothing_out(
    written: Any,
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await given(product_ids=written)
    assert caught.value.what == "product_ids is empty."
    assert "Name at least one value" in caught.value.hint
    with pytest.raises(InvalidInput, match="statuses is empty"):
        await given(statuses=written)


@pytest.mark.parametrize("written", [0, -1, True, 1.5, {"id": 5}, 10**30])
async def test_what_is_no_id_is_named_in_the_error(written: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        await given(product_ids=written)
    assert caught.value.what.startswith("product_ids=")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Halo Shop", ("Halo Shop",)),
        ("Halo Shop, 599", ("Halo Shop, 599",)),
        (["Halo Shop", 599, "600"], ("Halo Shop", 599, 600)),
        ('["Halo Shop", "599"]', ("Halo Shop", 599)),
        ("1e5", ("1e5",)),
    ],
)
async def test_what_is_no_id_is_a_name(written: Any, meant: Any) -> None:
    assert (await given(product_ids=written))[0] == meant


async def test_one_id_is_one_id() -> None:
    assert (await given(test_id="[109363]"))[2] == 109363
    with pytest.raises(InvalidInput, match="test_id has 2 values"):
        await given(test_id=[1, 2])
    with pytest.raises(InvalidInput, match="test_id is empty"):
        await given(test_id=None)


async def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(InvalidInput, match="501 values"):
        await given(product_ids=list(range(1, 502)))


async def test_words_that_are_not_words_are_refused() -> None:
    with pytest.raises(InvalidInput, match="statuses=5 is not a word"):
        await given(statuses=[5])


async def test_the_sort_order_is_taken_in_any_case_and_nothing_else() -> None:
    assert [(await given(order=word))[3] for word in ("DESC", " asc", "Descending", "", None)] == [
        "desc", "asc", "desc", None, None,
    ]  # fmt: skip
    with pytest.raises(ValidationError):
        await given(order="down")


def test_a_text_is_one_bounded_line() -> None:
    text = TypeAdapter(Text)
    assert text.validate_python("  login\n page \u202e") == "login page"
    assert text.validate_python("   ") is None
    assert len(text.validate_python("x" * 900) or "") == 300


def test_an_unknown_word_is_answered_with_the_closest_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        known("statuses", ("lokced",), ("locked", "running", "archived"))
    assert caught.value.what == "statuses='lokced' is not known."
    assert caught.value.hint.startswith("Closest: locked")
    assert known("statuses", None, ()) is None
    assert choice("sort_by", None, ("a", "b"), "b") == "b"
    with pytest.raises(InvalidInput, match="sort_by='c' is not known"):
        choice("sort_by", "c", ("a", "b"), "b")


@pytest.mark.parametrize(
    ("page", "per_page", "offset", "rows", "end", "more"),
    [
        (1, 4, 0, [0, 1, 2, 3], 3, True),
        (3, 4, 0, [8, 9], 9, False),
        (1, 5, 5, [5, 6, 7, 8, 9], 9, False),
        (2, 4, 1, [5, 6, 7, 8], 8, True),
        (1, 10, 0, list(range(10)), 9, False),
        (4, 4, 0, [], -1, False),
        (1, 1, 10**8, [], -1, False),
    ],
)
def test_a_page_starts_at_the_offset_plus_the_pages_before_it(
    *, page: int, per_page: int, offset: int, rows: list[int], end: int, more: bool
) -> None:
    chosen, said = paginate(range(10), page, per_page, offset)
    assert list(chosen) == rows
    assert (said.start_index, said.end_index, said.total_count, said.has_more) == (
        offset + (page - 1) * per_page, end, 10, more,
    )  # fmt: skip
