"""Facts straight from an account of the demo API, without the way over HTTP and disk."""

from datetime import datetime

from fetch.demo.account import Account
from fetch.redact import redact
from quality import normalise
from quality.entities import Facts


def account_facts(account: Account, as_of: datetime | None = None) -> Facts:
    """What a snapshot of this account says."""
    products = {raw["id"]: normalise.product(redact(raw)) for raw in account.products()}
    reasons = normalise.reject_reasons(redact(account.reject_reasons()))
    tests = {
        test_id: normalise.in_sections(
            normalise.test(
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
        as_of=as_of or account.now,
        products=products,
        features={
            product_id: normalise.features(redact(account.features(product_id)), product_id)
            for product_id in products
        },
        tests=tests,
        reject_reasons=reasons,
    )
