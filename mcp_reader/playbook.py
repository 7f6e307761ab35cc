"""The playbook: what a model has to know to read the numbers, and which call answers which question."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from quality.findings.rules import RULES
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import BUGS, INDICATORS, NOISE, STORIES
from quality.metrics.rates import SMALL_SAMPLE, SURE_BELOW
from quality.model.entities import TEST_STATUSES
from quality.options import QualityOptions
from quality.wording import limit, state


class Recipe(NamedTuple):
    """A question and the call that answers it; `<…>` stands for what the asker names."""

    question: str
    tool: str
    arguments: Mapping[str, Any]


RECIPES = (
    Recipe("Which product is worst, and why?", "list_products", {"sort_by": "product_verdict"}),
    Recipe(
        "How good is a product, and what changed?",
        "generate_quality_report",
        {"product_ids": "<product>", "start_date": "last quarter", "compare": "previous_period"},
    ),
    Recipe(
        "The second fifty tests of a product?",
        "list_tests",
        {"product_ids": "<product>", "page": 2, "per_page": 50},
    ),
    Recipe("What is in review, with how many open bugs?", "list_tests", {"statuses": "in review"}),
    Recipe("What has to be reviewed within a week?", "list_review_deadlines", {"within_days": 7}),
    Recipe("Why were bugs rejected?", "query_metrics", {"metrics": BUGS, "dimensions": "rejection_reason"}),
    Recipe("Why was this bug rejected, by whom, in whose words?", "get_bug_summary", {"bug_id": "<bug>"}),
    Recipe(
        "Which features have most bugs, and how many a test?",
        "list_features",
        {"sort_by": BUGS, "per_page": 5},
    ),
    Recipe("Which features were never tested?", "list_features", {"tested": False}),
    Recipe("Which testers report most, and how much is rejected?", "list_users", {"user_type": "tester"}),
    Recipe(
        "Problems with the login of high severity since a date?",
        "search",
        {
            "query": 'login OR "log in" OR "sign in"',
            "severity": "critical,high",
            "reported_since": "2026-01-01",
        },
    ),
    Recipe(
        "How did a rate move by month?",
        "query_metrics",
        {"metrics": NOISE, "dimensions": "month", "start_date": "last 365 days"},
    ),
    Recipe(
        "Which stories passed, which features are untested?",
        "list_features",
        {"product_ids": "<product>", "fields": "stories"},
    ),
    Recipe("What share of stories passed?", "query_metrics", {"metrics": STORIES, "dimensions": "product"}),
    Recipe("What happened since yesterday?", "get_changes", {"since": "yesterday"}),
    Recipe(
        "A report to send around?",
        "generate_quality_report",
        {"product_ids": "<product>", "output_file": "report.md"},
    ),
    Recipe("How old is the data, and what is missing?", "get_server_diagnostics", {}),
)

_STATES = " → ".join(
    f"`{status}` ({state(status)})" for status in TEST_STATUSES if status not in {"pending", "completed"}
)


def playbook(options: QualityOptions) -> str:
    """Return the playbook as Markdown, with the thresholds in force."""
    lines = [
        "# Reading Test IO results",
        "",
        "## Life of a test",
        "",
        (
            f"{_STATES}. Executed tests count: running, in review, done, and others but cancelled"
            f" that have a bug."
        ),
        "A test belongs to the period in which it ends, and its bugs go with it.",
        "",
        "## Life of a bug",
        "",
        (
            "Testers report; a team leader forwards; the customer accepts or rejects within ten"
            " days after the test's"
            " end. What nobody looks at is auto-accepted (`auto_accepted`). So four states:"
            " `active_accepted`"
            " (a person), `auto_accepted` (nobody), `rejected`, `open`. Rates are of decided bugs;"
            " open ones are in"
            " none, and where they are many a rate is so far."
        ),
        "",
        "## How to review a bug",
        "",
        "1. Read steps, expected and actual result (`get_bug_summary`); compare with `similar_bugs`.",
        (
            "2. Accept what is wrong for users, be it known or minor; severity says how grave, not"
            " whether it is true."
        ),
        (
            "3. Reject with the reason that fits, and a comment that a tester can learn from:"
            " what is intended, and"
            " where it is written."
        ),
        "4. Ask the tester when something is missing, while the test runs.",
        "",
        "## What the verdicts rest on",
        "",
        (
            "Two verdicts, each act now, watch, fine or too few to judge: the *product* (what"
            " was found) and the"
            " *review* (what became of it)."
        ),
        "",
        "| metric | formula | watch | act now |",
        "| --- | --- | --- | --- |",
    ]
    for key in (*INDICATORS, STORIES):
        metric = METRICS[key]
        watch, act = options.thresholds.of(key)
        side = "down from" if metric.better == "up" else "from"
        lines.append(f"| `{key}` | {metric.formula} | {side} {limit(watch)} | {side} {limit(act)} |")
    lines += [
        "",
        (
            f"Critical bugs that are accepted or open: act now from"
            f" {options.thresholds.critical_bugs_critical} on."
        ),
        "",
        (
            f"*More than chance* is p < {SURE_BELOW:g}: rates by a two-proportion test, critical and high"
            f" bugs a test by an exact test of two Poisson rates. Under {SMALL_SAMPLE} decided bugs, and"
            " where more than a fifth of them is open or the period still runs, no change is judged; counts"
            " never are. `low_95` and `high_95` are the bounds of a rate's 95 % interval."
        ),
        "",
        "## Patterns",
        "",
        "| pattern | when | what to do |",
        "| --- | --- | --- |",
        *(f"| {rule.title} | {rule.signal} | {rule.action} |" for rule in RULES),
        "",
        "## Question → call",
        "",
        *(f"- {one.question} `{written(one)}`" for one in RECIPES),
        "",
    ]
    return "\n".join(lines)


def written(recipe: Recipe) -> str:
    """Return a recipe's call as a model writes it."""
    given = ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in recipe.arguments.items()
    )
    return f"{recipe.tool}({given})"
