"""Name the metrics that stand side by side: in tables, on cards, in charts, in sentences."""

from collections.abc import Mapping

BUGS = "bug_count"
"""The first column of a breakdown: it sorts the rows, and its months are a product's sparkline."""
TESTS = "test_count"
DECIDED = "decided"
OPEN = "open_bugs"
"""Beside every rate of decided bugs."""
OF_NOW = (OPEN, "overdue_bugs", "waiting_for_tester")
"""Counts that nobody compares: the older bugs are, the more of them were decided."""
HEADLINE = "acceptance_rate"
"""How many of the decided bugs were accepted."""
NOISE = "rejection_rate_of_decided"
"""How many of the decided bugs were rejected."""
BY_A_PERSON = "person_review_rate"
"""How many of the decided bugs a person has looked at."""
LEFT_ALONE = "auto_acceptance_rate"
"""How many of the accepted bugs nobody has looked at."""
ACCEPTED_BY_A_PERSON = "active_acceptance_of_decided"
"""What a headline says of the bugs when nothing is wrong with the review."""
INDICATORS = (NOISE, LEFT_ALONE, BY_A_PERSON, ACCEPTED_BY_A_PERSON)
"""Of the verdict on the review; each has its limits in the catalogue."""
STORIES = "story_pass_rate"
"""A signal of the verdict on the product."""

KPIS = (TESTS, BUGS, OPEN, HEADLINE, NOISE, BY_A_PERSON)
COMPARED = (
    TESTS, BUGS, "bugs_per_test", "features_tested", "active_testers", "critical_bugs", "high_bugs",
    "accepted_critical", "accepted_high", OPEN, HEADLINE,
    "active_acceptance_of_decided", LEFT_ALONE, NOISE, BY_A_PERSON, STORIES,
    "median_review_days",
)  # fmt: skip
"""The period before and this one."""
COMPARED_SHOWN = (TESTS, BUGS, "accepted_critical", "accepted_high", HEADLINE, NOISE, LEFT_ALONE)
"""What a page shows of them."""
TREND = (TESTS, BUGS, OPEN, HEADLINE, LEFT_ALONE, NOISE, BY_A_PERSON)
VOLUMES = (BUGS, TESTS)
"""The chart of counts by month, from the top."""
RATES = (HEADLINE, BY_A_PERSON, NOISE)
"""The chart of rates by month."""

BY_BUGS = (BUGS, HEADLINE, NOISE)
"""The breakdowns by a dimension of bugs."""
FEATURES = (TESTS, BUGS, "bugs_per_test", OPEN)
"""What a list of features tells."""
BY_PRODUCT = (BUGS, TESTS, OPEN, HEADLINE, LEFT_ALONE, NOISE, BY_A_PERSON)
GRAVE = ("critical_bugs", "high_bugs")
"""Beside every count of bugs."""
BY_DEVICE = (BUGS, *GRAVE, HEADLINE, NOISE)
"""The breakdowns by what a bug's devices are."""
BY_DEVICE_SHOWN = (BUGS, *GRAVE)
"""What a page shows of them."""
GRAVE_ACCEPTED = ("accepted_critical", "accepted_high")
PORTFOLIO = (TESTS, BUGS, *GRAVE_ACCEPTED, OPEN, DECIDED)
"""What is counted of each product, beside `PORTFOLIO_RATES` in the period and in the one before."""
PORTFOLIO_RATES = (HEADLINE, NOISE)
PORTFOLIO_SHOWN = (TESTS, *GRAVE_ACCEPTED, DECIDED)
"""The counts that the page has room for."""
PORTFOLIO_TOTALS = tuple(key for key in KPIS if key != HEADLINE)
"""What is accepted is what is not rejected."""

TEST = (
    BUGS, "critical_bugs", "high_bugs", "total_accepted", OPEN, HEADLINE, NOISE, LEFT_ALONE,
    BY_A_PERSON,
)  # fmt: skip
"""What is known of a test in a list; files have it all."""
TESTS_PAGE = (BUGS, "critical_bugs", "high_bugs")
"""What the page of all tests has of each, beside the outcome of its bugs."""
FEATURES_PAGE = (TESTS, BUGS, "accepted_critical", "accepted_high", STORIES)
"""What the page of all features has of each, beside the outcome of its bugs."""
TEST_PAGE = (BUGS, OPEN, HEADLINE, LEFT_ALONE, NOISE, BY_A_PERSON, "active_testers")
TEST_SUMMARY = (HEADLINE, NOISE, LEFT_ALONE, BY_A_PERSON)
"""The rates that a tool tells of one test."""

HANDOUT = (TESTS, BUGS, ACCEPTED_BY_A_PERSON, NOISE)
"""The figures of a hand-out."""
OUTCOME = (ACCEPTED_BY_A_PERSON, LEFT_ALONE, NOISE)
"""Rates whose numerators are the bugs accepted by a person, those auto-accepted, and those rejected."""

MARKDOWN_FIGURES = (
    TESTS, BUGS, "critical_bugs", "high_bugs", OPEN, HEADLINE, LEFT_ALONE,
    NOISE, BY_A_PERSON, "features_tested",
)  # fmt: skip
MARKDOWN_TREND = (TESTS, BUGS, OPEN, NOISE)
MARKDOWN_TESTS = (*TESTS_PAGE, NOISE)

MEANT: Mapping[str, tuple[str, ...]] = {
    "defect density": ("bugs_per_test", OPEN),
    "defect count": (BUGS,),
    "defects": (BUGS,),
    "pass rate": (STORIES,),
    "rejections": (NOISE,),
    "rejected bugs": (NOISE,),
    "rejected count": (NOISE,),
    "reject rate": (NOISE, "rejection_rate"),
    "acceptance": (HEADLINE,),
    "tests created": (TESTS,),
    "tests submitted": (TESTS,),
}
"""What other tools call a metric, and which one is meant."""

LISTED: Mapping[str, tuple[str, str]] = {
    BUGS: ("", ""),
    "critical_bugs": ("critical", ""),
    "high_bugs": ("high", ""),
    "medium_bugs": ("medium", ""),
    "low_bugs": ("low", ""),
    "visual_bugs": ("visual", ""),
    "content_bugs": ("content", ""),
    "custom_bugs": ("custom", ""),
    "unknown_bugs": ("unknown", ""),
    "accepted_critical": ("critical", "accepted"),
    "accepted_high": ("high", "accepted"),
    "total_accepted": ("", "accepted"),
    "reviewed": ("", "looked-at"),
    DECIDED: ("", "closed"),
    OPEN: ("", "open"),
    "overdue_bugs": ("", "overdue"),
    "waiting_for_tester": ("", "asked"),
    HEADLINE: ("", "accepted"),
    NOISE: ("", "rejected"),
    BY_A_PERSON: ("", "looked-at"),
    LEFT_ALONE: ("", "by-time"),
    "active_acceptance_of_decided": ("", "by-person"),
}
"""The bugs that a metric counts, or the numerator of a rate, as a list of bugs can show them: the filter of
severity and that of review."""
EXPLAINED = (
    "decided", "reviewed", OPEN, "overdue_bugs", "waiting_for_tester", "known_bugs", "exported",
    "verified_fixed", "bug_severity_score",
)  # fmt: skip
"""Metrics whose names are words of the glossary."""
