"""The demo account's products, and its tests as they are normalised."""

from functools import cache

from demo.account.account import Account
from quality.model.entities import Test
from quality.normalise import from_upstream

SHOP, CANVAS, BANK, TV, REWARDS = 598, 18559, 21043, 30417, 45120


@cache
def normalised(account: Account) -> dict[int, Test]:
    reasons = from_upstream.reject_reasons(account.reject_reasons())
    return {
        test_id: from_upstream.test(
            account.test(test_id), account.bugs(test_id), product_id=plan.product.id, reasons=reasons
        )
        for test_id, plan in account.plans.items()
    }
