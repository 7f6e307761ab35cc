"""The tools: a tool is one function in a module here, and one line in this list."""

from mcp_reader.tools import (
    analytics,
    bugs,
    changes,
    deadlines,
    diagnostics,
    features,
    problems,
    products,
    report,
    search,
    sync,
    tests,
    users,
)

TOOLS = (
    products.list_products,
    products.get_product_summary,
    tests.list_tests,
    tests.get_test_summary,
    features.list_features,
    features.get_feature_summary,
    users.list_users,
    users.get_user_summary,
    bugs.list_bugs,
    bugs.get_bug_summary,
    deadlines.list_review_deadlines,
    search.search,
    report.generate_quality_report,
    analytics.query_metrics,
    analytics.get_analytics_capabilities,
    changes.get_changes,
    sync.sync_data,
    diagnostics.get_server_diagnostics,
    problems.get_problematic_tests,
)
"""In the order in which clients show them."""
