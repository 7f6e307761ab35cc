"""However an API attacks, a refresh from it takes no more than 600 MB of memory.

`invoke bench --worst` measures how long after their deadlines such refreshes end: docs/performance.md.
"""

import pytest

from bench.worst import MEGABYTE, measured
from bench.worst_api import ALL

MOST = 600 * MEGABYTE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("attack", [ALL, "many_sections"])
def test_a_refresh_from_an_api_that_attacks_stays_within_its_memory(attack: str) -> None:
    """47 MB of `[],` in six details took 8 GB, novels in the place of states 734 MB."""
    found = measured(attack, deadline=3.0, times=1)
    assert found["peak"] <= MOST, found
