from pathlib import Path

import pytest

from build.facts.load import load_facts
from quality.model.facts import Facts
from snapshot.reader import open_snapshot


@pytest.fixture(scope="module")
def facts(demo_snapshot: Path) -> Facts:
    return load_facts(open_snapshot(demo_snapshot))
