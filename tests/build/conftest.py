from pathlib import Path

import pytest

from build.facts.load import load_facts
from build.search.query import SearchIndex, open_index
from quality.model.facts import Facts
from snapshot.reader import open_snapshot


@pytest.fixture(scope="session")
def demo_facts(demo_snapshot: Path) -> Facts:
    """The facts of the demo snapshot."""
    return load_facts(open_snapshot(demo_snapshot))


@pytest.fixture(scope="session")
def demo_index(indexed_snapshot: Path) -> SearchIndex:
    """The search index of the demo snapshot."""
    index = open_index(indexed_snapshot / "index")
    assert index is not None
    return index
