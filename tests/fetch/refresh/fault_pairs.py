"""One fault of each kind, with what it hits chosen by a seed: for tests of all, alone and together."""

from random import Random

from demo.account.account import Account
from demo.server.exchange import Fault, Hits
from demo.server.faults import (
    BrokenTest,
    CutJson,
    Delay,
    Fails,
    Html,
    IgnoredPaging,
    LostTest,
    NewTest,
    PagedProducts,
    RateLimited,
    Reset,
    Unauthorized,
    Vanished,
)


def one_of_each(account: Account, seed: int = 0) -> dict[str, Fault]:
    """A fault of each kind by its name, with tests of the account and requests chosen by the seed.

    What comes badly comes well when it is asked for again; `Fault.lost` names the tests that
    cannot be fetched. The exceptions, which end a refresh: `unauthorized` and `fails_always`.
    """
    rng = Random(f"{seed}/faults")  # noqa: S311 - which requests are hit, not a secret
    some = Hits(share=0.3, seed=rng.getrandbits(16))
    product_id = max(account.test_ids, key=lambda product: len(account.test_ids[product]))
    broken, gone, *vanished = rng.sample(account.test_ids[product_id][1:], 4)
    return {
        "delay": Delay(0.05, some),
        "rate_limited": RateLimited("none", hits=some),
        "rate_limited_seconds": RateLimited("seconds", 1, hits=Hits(share=0.05, seed=some.seed)),
        "rate_limited_date": RateLimited("date", 1, hits=Hits(share=0.05, seed=some.seed)),
        "fails_once": Fails(rng.choice((500, 502, 503, 504)), some),
        "fails_always": Fails(500, Hits(times=None)),
        "reset": Reset(some),
        "cut_json": CutJson(some),
        "html": Html(some),
        "ignored_paging": IgnoredPaging(),
        "paged_products": PagedProducts(),
        "broken_test": BrokenTest(broken),
        "new_test": NewTest(product_id),
        "lost_test": LostTest(product_id, gone),
        "vanished": Vanished(frozenset(vanished)),
        "unauthorized": Unauthorized(after=rng.randrange(2, 30)),
    }
