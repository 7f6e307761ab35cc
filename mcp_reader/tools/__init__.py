"""The tools: a tool is one function in a module here, and one line in this list."""

from mcp_reader.tools import analytics, bugs, diagnostics, products, report, search, tests

TOOLS = (
    products.list_products,
    products.get_product_summary,
    tests.list_tests,
    tests.get_test_summary,
    bugs.list_bugs,
    bugs.get_bug_summary,
    search.search,
    report.generate_quality_report,
    analytics.query_metrics,
    analytics.get_analytics_capabilities,
    diagnostics.get_server_diagnostics,
)
"""In the order in which clients show them."""
