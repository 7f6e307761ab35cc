from collections.abc import Callable
from pathlib import Path

import pytest

from build.search.index import update_index
from build.search.query import open_index, search
from quality.model.facts import Facts
from tests.build.search.searching import Searching


@pytest.fixture
def searching(tmp_path: Path) -> Callable[[Facts], Searching]:
    """Makes a search over an index of some facts."""

    def over(facts: Facts) -> Searching:
        update_index(facts, tmp_path)
        index = open_index(tmp_path)
        assert index is not None
        return lambda text, **named: search(index, text, **named)

    return over
