"""A part of a test: one that has only some of its features, and the numbers of these alone."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from quality.model.entities import Execution, Test, UserStory


def with_features(test: Test, feature_ids: Collection[int | str | None]) -> Test:
    """Return the test with only these of its features; its user stories are then those of the features.

    The bugs stay. Without a feature whose stories say how they were executed it has no execution metrics:
    those of the whole test are no numbers of a part.
    """
    own = tuple(one for one in test.features if one.feature_id is not None and one.feature_id in feature_ids)
    return replace(
        test, features=own, execution=_execution(story for one in own for story in one.user_stories)
    )


def _execution(stories: Iterable[UserStory]) -> Execution | None:
    """Return the counts of the stories that say how they were executed; None without one."""
    states = [one.execution_status for one in stories if one.execution_status is not None]
    if not states:
        return None
    return Execution(
        total_user_stories=len(states),
        tested_user_stories=len(states) - states.count("not_tested"),
        passed_user_stories=states.count("passed"),
        failed_user_stories=states.count("failed"),
        blocked_user_stories=states.count("blocked"),
    )
