"""What a test's page says of its set-up and execution, as names and texts."""

from build.site import labels
from quality import wording
from quality.model.entities import Execution, Test


def set_up(test: Test) -> tuple[tuple[str, str], ...]:
    """The plain facts of a test's set-up that are known."""
    every = (
        ("Type", labels.words(test.testing_type) if test.testing_type else None),
        ("Starts", wording.stamp(test.start_at) if test.start_at else None),
        ("Ends", wording.stamp(test.end_at) if test.end_at else None),
        ("Environment", test.environment.name if test.environment else None),
        ("Section", test.section.name if test.section else None),
        ("Report language", test.report_language),
        ("Created by", test.created_by),
        ("Submitted by", test.submitted_by),
        ("Review of the set-up", labels.words(test.review_status) if test.review_status else None),
    )
    return tuple((name, value) for name, value in every if value)


def set_up_texts(test: Test) -> tuple[tuple[str, str], ...]:
    """The long texts of a test's set-up."""
    every = (("Goal", test.goal), ("Instructions", test.instructions), ("Out of scope", test.out_of_scope))
    return tuple((name, text) for name, text in every if text and text.strip())


def execution_figures(execution: Execution | None) -> tuple[tuple[str, str], ...]:
    """The execution metrics that the upstream gave."""
    if execution is None:
        return ()
    every = (
        ("Testers", execution.testers_count),
        ("Devices", execution.devices_count),
        ("Features", execution.total_features),
        ("Features tested", execution.tested_features),
        ("Features passed", execution.passed_features),
        ("Features failed", execution.failed_features),
        ("User stories", execution.total_user_stories),
        ("User stories tested", execution.tested_user_stories),
        ("User stories passed", execution.passed_user_stories),
        ("User stories failed", execution.failed_user_stories),
        ("User stories blocked", execution.blocked_user_stories),
        ("Bugs, as the upstream counts them", execution.total_bugs),
    )
    return tuple((name, wording.number(count)) for name, count in every if count is not None)


def time_range(test: Test) -> str:
    """When a test ran."""
    if test.start_at and test.end_at:
        return wording.days(test.start_at, test.end_at)
    if test.end_at:
        return f"until {wording.day_utc(test.end_at)}"
    return f"from {wording.day_utc(test.start_at)}" if test.start_at else "no dates"
