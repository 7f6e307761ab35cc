from pathlib import Path

import pytest

from build.facts.load import load_facts
from build.search.index import update_index
from build.search.query import SearchIndex, open_index
from quality.model.facts import Facts
from snapshot.reader import open_snapshot


@pytest.fixture(scope="session")
def demo_facts(demo_snapshot: Path) -> Facts:
    """The facts of the demo snapshot."""
    return load_facts(open_snapshot(demo_snapshot))


@pytest.fixture(scope="session")
def demo_index(demo_facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    """The search index of the demo snapshot."""
    folder = tmp_path_factory.mktemp("index")
    update_index(demo_facts, folder)
    index = open_index(folder)
    assert index is not None
    return index
