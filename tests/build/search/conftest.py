from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from build.search.index import update_index
from build.search.query import open_index, search
from build.search.scan import gather, scan
from quality.model.facts import Facts
from tests.build.search.searching import Searching


@pytest.fixture(params=["indexed", "unindexed"])
def searching(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Facts], Searching]:
    """Makes a search over some facts, with an index and without one: both find the same."""

    def over(facts: Facts) -> Searching:
        if request.param == "unindexed":
            return partial(scan, gather(facts, lambda some: {one: facts.tests[one] for one in some}))
        update_index(facts, tmp_path)
        index = open_index(tmp_path)
        assert index is not None
        return lambda text, **named: search(index, text, **named)

    return over
