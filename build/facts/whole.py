"""All tests of an account with their long texts, some at a time in memory."""

from collections.abc import Iterator, Mapping

from build.facts.account import Account, whole_tests
from build.facts.documents import shelf_of
from quality.model.entities import Test


class WholeTests(Mapping[int, Test]):
    """Tests by id, in the order in which the cache has them, so that each of its files is read once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._shelf: dict[int, Test] = {}
        self._shelves: dict[int, list[int]] = {}
        places: dict[tuple[int, int], list[int]] = {}
        for test in account.facts.tests.values():
            places.setdefault((test.product_id, shelf_of(test.id)), []).append(test.id)
        for some in places.values():
            self._shelves |= dict.fromkeys(some, some)

    def __getitem__(self, test_id: int) -> Test:
        if test_id not in self._shelf:
            self._shelf = whole_tests(self._account, self._shelves[test_id])
        return self._shelf[test_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._shelves)

    def __len__(self) -> int:
        return len(self._shelves)
