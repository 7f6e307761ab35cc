"""Without an index the rows themselves are looked through, within bounds."""

from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from build.search.scan import gather, scan
from quality.model.entities import Test
from tests.build.search.searching import a_bug, a_test
from tests.factories import make_facts


def test_without_an_index_the_newest_tests_alone_are_looked_through_as_a_whole() -> None:
    tests = [a_test(number, a_bug(number + 1_000, "Basket", steps=("trolley",))) for number in range(1, 4)]
    read: list[int] = []

    def whole(some: Sequence[int]) -> dict[int, Test]:
        read.extend(some)
        return {test.id: test for test in tests if test.id in some}

    lean = [replace(test, bugs=tuple(structs.replace(bug, steps=()) for bug in test.bugs)) for test in tests]
    held = gather(make_facts(lean), whole, most=2)
    assert held.without_texts == 1
    assert sorted(read) == [2, 3]
    assert {hit.id for hit in scan(held, "trolley").hits} == {1_002, 1_003}
    assert {hit.id for hit in scan(held, "basket").hits} == {1_001, 1_002, 1_003}
    assert scan(held.limited([7]), "basket").total == 0
