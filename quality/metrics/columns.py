"""Name the metrics that stand side by side: in tables, on cards, in charts, in sentences."""

BUGS = "bug_count"
"""The first column of a breakdown: it sorts the rows, and its months are a product's sparkline."""
TESTS = "test_count"
OPEN = "open_bugs"
"""Beside every rate of decided bugs."""
HEADLINE = "acceptance_rate"
"""What the first sentence of a report says of the bugs."""
NOISE = "rejection_rate_of_decided"
"""By which a test is a noisy cycle."""
BY_A_PERSON = "person_review_rate"
"""How many of the decided bugs a person has looked at."""
INDICATORS = (NOISE, "auto_acceptance_rate", BY_A_PERSON)
"""Of the health; each has its limits in the catalogue."""

KPIS = (TESTS, BUGS, HEADLINE, NOISE, "auto_acceptance_rate", BY_A_PERSON)
COMPARED = (
    TESTS, BUGS, "bugs_per_test", "features_tested", "active_testers", "critical_bugs", "high_bugs", OPEN,
    HEADLINE,
    "active_acceptance_of_decided", "auto_acceptance_rate", NOISE, BY_A_PERSON, "story_pass_rate",
    "median_review_days",
)  # fmt: skip
"""The period before and this one."""
TREND = (TESTS, BUGS, OPEN, HEADLINE, "auto_acceptance_rate", NOISE, BY_A_PERSON)
VOLUMES = (BUGS, TESTS)
"""The chart of counts by month, from the top."""
RATES = (HEADLINE, BY_A_PERSON, NOISE)
"""The chart of rates by month."""

BY_BUGS = (BUGS, HEADLINE, NOISE)
"""The breakdowns by a dimension of bugs."""
BY_PRODUCT = (BUGS, TESTS, OPEN, HEADLINE, "auto_acceptance_rate", NOISE, BY_A_PERSON)
PORTFOLIO = (TESTS, BUGS, OPEN, HEADLINE, NOISE, BY_A_PERSON)
PORTFOLIO_TOTALS = TREND

TEST = (
    BUGS, "critical_bugs", "high_bugs", "total_accepted", OPEN, HEADLINE, NOISE, "auto_acceptance_rate",
    BY_A_PERSON,
)  # fmt: skip
"""What is known of a test in a list; files have it all."""
TESTS_LISTED = (BUGS, "critical_bugs", OPEN, HEADLINE, "auto_acceptance_rate", NOISE, BY_A_PERSON)
"""What a page's list of tests has of it."""
TEST_PAGE = (BUGS, OPEN, HEADLINE, "auto_acceptance_rate", NOISE, BY_A_PERSON, "active_testers")
TEST_SUMMARY = (HEADLINE, NOISE, "auto_acceptance_rate", BY_A_PERSON)
"""The rates that a tool tells of one test."""

MARKDOWN_FIGURES = (
    TESTS, BUGS, "bugs_per_test", "critical_bugs", "high_bugs", OPEN, HEADLINE, "auto_acceptance_rate",
    NOISE, BY_A_PERSON, "features_tested",
)  # fmt: skip
MARKDOWN_TREND = (TESTS, BUGS, OPEN, HEADLINE, NOISE)
MARKDOWN_TESTS = (BUGS, OPEN, HEADLINE, NOISE)
