"""Facts straight from an account of the demo API, without the way over HTTP and disk."""

from datetime import datetime

from demo.account.account import Account
from fetch.redaction.fields import redact
from quality.deadlines import with_overdue
from quality.model.facts import Facts
from quality.normalise import from_upstream


def account_facts(account: Account, as_of: datetime | None = None) -> Facts:
    """What a snapshot of this account says."""
    products = {raw["id"]: from_upstream.product(redact(raw)) for raw in account.products()}
    reasons = from_upstream.reject_reasons(redact(account.reject_reasons()))
    now = as_of or account.now
    tests = {
        test_id: from_upstream.in_sections(
            from_upstream.test(
                redact(account.test(test_id)),
                redact(account.bugs(test_id)),
                product_id=product_id,
                reasons=reasons,
            ),
            products[product_id],
        )
        for product_id, test_ids in account.test_ids.items()
        for test_id in test_ids
    }
    return Facts(
        snapshot_id="20261120T060000Z-3f9c2a",
        as_of=now,
        products=products,
        features={
            product_id: from_upstream.features(redact(account.features(product_id)), product_id)
            for product_id in products
        },
        tests={test_id: with_overdue(test, now) for test_id, test in tests.items()},
        reject_reasons=reasons,
    )
