"""`python -m tests.web.small_sites PAGES HOSTILE DEMO`: build the pages that the npm tools look at.

PAGES and HOSTILE are small and have releases; DEMO is the whole demo, as search engines may see it.
"""

import sys
from dataclasses import replace
from pathlib import Path

from build.site.site import SiteOptions, build_site
from demo.account.account import demo_account
from quality.model.facts import Facts
from tests.build.account_facts import account_facts
from tests.hostile import PAYLOADS, hostile
from tests.quality.context.contexts import make_context, make_release


def _released(facts: Facts, *versions: str) -> Facts:
    return replace(
        facts, context=make_context(releases=tuple(make_release(one, product_id=598) for one in versions))
    )


if __name__ == "__main__":
    pages, attacked, demo = map(Path, sys.argv[1:])
    build_site(_released(account_facts(demo_account(12, bugs=60)), "4.14", "4.15"), pages)
    build_site(_released(account_facts(hostile(demo_account(8, bugs=40))), *PAYLOADS[::5]), attacked)
    build_site(account_facts(demo_account()), demo, SiteOptions(indexable=True))
