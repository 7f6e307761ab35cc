"""`python -m tests.web.small_sites PAGES HOSTILE`: build the pages that the npm tools look at."""

import sys
from pathlib import Path

from build.site.site import build_site
from demo.account.account import demo_account
from tests.build.account_facts import account_facts
from tests.hostile import hostile

if __name__ == "__main__":
    pages, attacked = map(Path, sys.argv[1:])
    build_site(account_facts(demo_account(12, bugs=60)), pages)
    build_site(account_facts(hostile(demo_account(8, bugs=40))), attacked)
