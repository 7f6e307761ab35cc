from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fetch.api.errors import CircuitOpen, RateLimited, ServerError, UpstreamError
from fetch.api.paging import HOPELESS, Listing, read
from fetch.api.retries import PATIENT, RetryPolicy

Json = dict[str, Any]


def rows(*ids: int) -> list[Json]:
    return [{"id": number, "seen": 0} for number in ids]


@dataclass
class Pages:
    """A list of ids served by page; `before` may change it ahead of the request with a given number."""

    ids: list[int]
    broken: frozenset[int] = frozenset()
    cap: int = 10**6
    ignored: bool = False
    before: dict[int, Callable[[list[int]], None]] = field(default_factory=dict)
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def __call__(self, page: int, per_page: int, /, *, policy: RetryPolicy = PATIENT) -> Sequence[Any]:
        del policy
        if change := self.before.get(len(self.asked)):
            change(self.ids)
        self.asked.append((page, per_page))
        size = min(per_page, self.cap)
        start = (page - 1) * size
        part = self.ids if self.ignored else self.ids[start : start + size]
        if self.broken & set(part):
            raise ServerError("/list", 500)
        return [{"id": number, "seen": len(self.asked)} for number in part]


def never(_: Listing) -> bool:
    return False


async def whole(pages: Pages, per_page: int = 10) -> Listing:
    return await read(pages, per_page=per_page, enough=never)


async def test_a_list_is_read_until_a_page_is_empty() -> None:
    pages = Pages(list(range(30, 0, -1)))
    listing = await whole(pages)
    assert list(listing.rows) == pages.ids
    assert listing.ended
    assert not listing.broken
    assert [page for page in pages.asked if page[1] == 10] == [(1, 10), (2, 10), (3, 10), (4, 10)]


async def test_an_empty_list_takes_one_request() -> None:
    pages = Pages([])
    assert (await whole(pages)).rows == {}
    assert pages.asked == [(1, 10)]


async def test_an_api_that_ignores_paging_is_noticed() -> None:
    for length in (7, 10, 35):
        pages = Pages(list(range(length, 0, -1)), ignored=True)
        listing = await whole(pages)
        assert list(listing.rows) == pages.ids
        assert listing.ended
        assert len(pages.asked) <= 3


async def test_an_api_with_a_smaller_page_than_asked_for_is_read_to_the_end() -> None:
    pages = Pages(list(range(33, 0, -1)), cap=4)
    listing = await whole(pages)
    assert list(listing.rows) == pages.ids


async def test_reading_stops_when_it_is_enough() -> None:
    pages = Pages(list(range(100, 0, -1)))
    listing = await read(pages, per_page=10, enough=lambda listing: 85 in listing.rows)
    assert len(listing.rows) == 20
    assert not listing.ended


async def test_what_is_no_row_with_an_id_is_passed_over() -> None:
    class Odd(Pages):
        async def __call__(
            self, page: int, per_page: int, /, *, policy: RetryPolicy = PATIENT
        ) -> Sequence[Any]:
            del per_page, policy
            return [{"id": "7"}, {"id": None}, "x", None, {"id": 8}] if page == 1 else []

    assert list((await whole(Odd([]))).rows) == [7, 8]


@given(st.integers(1, 60), st.sets(st.integers(1, 60), max_size=4), st.sampled_from([4, 7, 10, 12, 25]))
@pytest.mark.anyio
async def test_a_broken_test_costs_only_itself(length: int, broken: set[int], per_page: int) -> None:
    """Whatever the page size and wherever they are, all others are read and their places known."""
    ids = list(range(length, 0, -1))
    broken &= set(ids)
    parts = [set(ids[start : start + per_page]) for start in range(0, length, per_page)]
    assume(all(len(broken & part) < HOPELESS for part in parts) and broken != set(ids))
    pages = Pages(ids, broken=frozenset(broken))
    listing = await whole(pages, per_page)
    assert set(listing.rows) == set(ids) - broken
    assert [found.position for found in listing.broken] == sorted(ids.index(number) for number in broken)
    assert listing.ended
    assert len(pages.asked) <= 3 * (length // per_page + 2) + 40 * len(broken)


async def test_the_neighbours_of_a_broken_test_are_told() -> None:
    listing = await whole(Pages(list(range(30, 0, -1)), broken=frozenset({14})))
    (broken,) = listing.broken
    assert broken.position == 16
    assert broken.before is not None
    assert broken.after is not None
    assert (broken.before["id"], broken.after["id"]) == (15, 13)


async def test_narrowing_takes_few_requests() -> None:
    pages = Pages(list(range(300, 0, -1)), broken=frozenset({130}))
    listing = await whole(pages, 100)
    assert len(listing.rows) == 299
    assert len(pages.asked) <= 4 + 3 + 16


@pytest.mark.parametrize("first", [0, 100, 150, 297])
async def test_three_broken_tests_in_a_row_cost_only_themselves(first: int) -> None:
    ids = list(range(300, 0, -1))
    pages = Pages(ids, broken=frozenset(ids[first : first + 3]))
    listing = await whole(pages, 100)
    assert len(listing.rows) == 297
    assert [one.position for one in listing.broken] == [first, first + 1, first + 2]


async def test_a_page_of_which_nothing_is_answered_is_given_up_soon() -> None:
    pages = Pages(list(range(300, 0, -1)), broken=frozenset(range(100, 201)))
    listing = await whole(pages, 100)
    assert listing.failed is not None
    assert len(listing.rows) == 100
    assert not listing.ended
    assert not listing.broken
    assert len(pages.asked) <= 16


async def test_a_first_page_that_is_never_answered_is_an_error() -> None:
    with pytest.raises(ServerError):
        await whole(Pages([3, 2, 1], broken=frozenset({1, 2, 3})))


@pytest.mark.parametrize("error", [RateLimited("/list", None), CircuitOpen("/list", "x")])
async def test_what_smaller_pages_cannot_help_is_not_narrowed(error: UpstreamError) -> None:
    class Limited(Pages):
        async def __call__(
            self, page: int, per_page: int, /, *, policy: RetryPolicy = PATIENT
        ) -> Sequence[Any]:
            if len(self.asked) == 1:
                self.asked.append((page, per_page))
                raise error
            return await Pages.__call__(self, page, per_page, policy=policy)

    pages = Limited(list(range(30, 0, -1)))
    if error.fatal:
        with pytest.raises(CircuitOpen):
            await whole(pages)
    else:
        assert (await whole(pages)).failed is error
    assert len(pages.asked) == 2


async def test_a_test_that_slips_between_two_pages_is_found_at_the_seam() -> None:
    """One of the first page is deleted, so that the first row of the second page moves up unseen."""
    pages = Pages(list(range(30, 0, -1)), before={1: lambda ids: ids.remove(25)})
    listing = await whole(pages)
    assert set(listing.rows) >= set(range(1, 31)) - {25}


async def test_several_tests_that_slip_are_found_by_reading_both_pages_again() -> None:
    def delete(ids: list[int]) -> None:
        del ids[2:6]

    pages = Pages(list(range(30, 0, -1)), before={1: delete})
    assert set((await whole(pages)).rows) >= set(pages.ids)


async def test_tests_that_appear_while_the_list_is_read_are_found_and_none_is_doubled() -> None:
    pages = Pages(
        list(range(30, 0, -1)), before={1: lambda ids: ids.insert(0, 31), 3: lambda ids: ids.insert(0, 32)}
    )
    listing = await whole(pages)
    assert set(listing.rows) == set(range(1, 33))


async def test_a_row_that_is_read_twice_is_kept_as_it_was_the_last_time() -> None:
    pages = Pages(list(range(20, 0, -1)), before={1: lambda ids: ids.insert(0, 21)})
    listing = await whole(pages)
    assert listing.rows[11]["seen"] > 1


async def test_a_list_that_never_rests_comes_to_an_end() -> None:
    pages = Pages(list(range(30, 0, -1)), before={n: lambda ids: ids.append(ids.pop(0)) for n in range(500)})
    await whole(pages)
    assert len(pages.asked) < 60


async def test_an_api_that_repeats_a_page_with_a_broken_test_comes_to_an_end() -> None:
    class Repeating(Pages):
        async def __call__(
            self, page: int, per_page: int, /, *, policy: RetryPolicy = PATIENT
        ) -> Sequence[Any]:
            del policy
            self.asked.append((page, per_page))
            if per_page > 1 or page % 6 == 3:
                raise ServerError("/list", 500)
            return rows(1 + page % 6)

    pages = Repeating([])
    await whole(pages, 6)
    assert len(pages.asked) < 100
