"""The version that a refresh goes on from."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from fetch.refresh.baseline import published
from snapshot.storage.layout import new_id
from tests.snapshot.documents import NOW, a_test, product, publish_version

HOUR = timedelta(hours=1)
AHEAD: dict[str, tuple[timedelta, timedelta, bool]] = {
    "three months": (2160 * HOUR, 2160 * HOUR, True),
    "its id alone": (2160 * HOUR, -HOUR, True),
    "its time alone": (-HOUR, 25 * HOUR, True),
    "a time zone": (14 * HOUR, 14 * HOUR, False),
    "a day ago": (-24 * HOUR, -24 * HOUR, False),
}
"""How far the id and the time of the published version are ahead, and whether it is told."""


@pytest.mark.parametrize("case", AHEAD)
def test_a_clock_that_was_once_in_the_future_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """Nobody was told why all versions seemed to be of one day."""
    id_ahead, time_ahead, told = AHEAD[case]
    made = publish_version(tmp_path, [product(), a_test(1)], NOW + time_ahead, id=new_id(NOW + id_ahead))
    with caplog.at_level(logging.WARNING):
        assert published(tmp_path, "api.test.io", NOW) == made
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "the published version is from the future: a clock was wrong"
    ] * told
