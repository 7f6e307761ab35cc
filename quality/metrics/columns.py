"""Name the metrics that stand side by side: in tables, on cards, in charts, in sentences."""

BUGS = "bug_count"
"""The first column of a breakdown: it sorts the rows, and its months are a product's sparkline."""
TESTS = "test_count"
HEADLINE = "overall_acceptance_rate"
"""What the first sentence of a report says of the bugs."""
NOISE = "rejection_rate"
"""By which a test is a noisy cycle."""
INDICATORS = (NOISE, "auto_acceptance_rate", "review_rate")
"""Of the health; each has its limits in the catalogue."""

KPIS = (TESTS, BUGS, HEADLINE, "rejection_rate", "auto_acceptance_rate", "review_rate")
COMPARED = (
    TESTS, BUGS, "bugs_per_test", "features_tested", "active_testers", "critical_bugs", "high_bugs", HEADLINE,
    "active_acceptance_rate", "auto_acceptance_rate", "rejection_rate", "review_rate", "story_pass_rate",
    "median_review_days",
)  # fmt: skip
"""The period before and this one."""
TREND = (TESTS, BUGS, HEADLINE, "auto_acceptance_rate", "rejection_rate", "review_rate")
VOLUMES = (BUGS, TESTS)
"""The chart of counts by month, from the top."""
RATES = (HEADLINE, "review_rate", "rejection_rate")
"""The chart of rates by month."""

BY_BUGS = (BUGS, HEADLINE, "rejection_rate")
"""The breakdowns by a dimension of bugs."""
BY_PRODUCT = (BUGS, TESTS, HEADLINE, "auto_acceptance_rate", "rejection_rate", "review_rate")
PORTFOLIO = (TESTS, BUGS, HEADLINE, "rejection_rate", "review_rate")
PORTFOLIO_TOTALS = TREND

TEST = (
    BUGS, "critical_bugs", "high_bugs", "total_accepted", HEADLINE, "rejection_rate", "auto_acceptance_rate",
    "review_rate",
)  # fmt: skip
"""What is known of a test in a list; files have it all."""
TESTS_LISTED = (BUGS, "critical_bugs", HEADLINE, "auto_acceptance_rate", "rejection_rate", "review_rate")
"""What a page's list of tests has of it."""
TEST_PAGE = (BUGS, HEADLINE, "auto_acceptance_rate", "rejection_rate", "review_rate", "active_testers")
TEST_SUMMARY = (HEADLINE, "rejection_rate", "auto_acceptance_rate", "review_rate")
"""The rates that a tool tells of one test."""

MARKDOWN_FIGURES = (
    TESTS, BUGS, "bugs_per_test", "critical_bugs", "high_bugs", HEADLINE, "auto_acceptance_rate",
    "rejection_rate", "review_rate", "features_tested",
)  # fmt: skip
MARKDOWN_TREND = (TESTS, BUGS, HEADLINE, "rejection_rate")
MARKDOWN_TESTS = (BUGS, HEADLINE, "rejection_rate")
