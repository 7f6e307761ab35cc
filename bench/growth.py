"""How index and pages grow with an account: `python -m bench.growth 700 8000 80000`, one bug a test.

Each size is made in a process of its own, without a snapshot, and its row is printed when it is done.
"""

import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.api import ROOT
from bench.measure import peak
from build.search.index import update_index
from build.site.site import build_site
from demo.account.account import Account, demo_account
from fetch.redaction.fields import redact
from quality.deadlines import with_overdue
from quality.model.facts import Facts
from quality.normalise import from_upstream

_SIZES = ("700", "8000", "80000")


def measured(tests: int, folder: Path) -> dict[str, float]:
    """Make index and pages of an account of so many tests: seconds of CPU, megabytes and counts."""
    facts = _facts(demo_account(tests, bugs=tests))
    before = peak()
    index = _cpu(lambda: update_index(facts, folder / "index"))
    pages = _cpu(lambda: build_site(facts, folder / "site"))
    files = [path for path in (folder / "site").rglob("*") if path.is_file()]
    return {
        "tests": len(facts.tests),
        "bugs": sum(len(test.bugs) for test in facts.tests.values()),
        "index": index,
        "pages": pages,
        "facts": before / 2**20,
        "peak": peak() / 2**20,
        "files": len(files),
        "size": sum(path.stat().st_size for path in files) / 2**20,
    }


def _cpu(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _facts(account: Account) -> Facts:
    """Return what a snapshot of the account says."""
    tests = {
        test_id: with_overdue(
            from_upstream.test(
                redact(account.test(test_id)),
                redact(account.bugs(test_id)),
                product_id=product_id,
                reasons=(),
            ),
            account.now,
        )
        for product_id, test_ids in account.test_ids.items()
        for test_id in test_ids
    }
    products = {raw["id"]: from_upstream.product(redact(raw)) for raw in account.products()}
    features = {one: from_upstream.features(redact(account.features(one)), one) for one in products}
    return Facts("growth", account.now, products, features, tests)


def main(arguments: list[str]) -> None:
    """Measure sizes, each in a process of its own: `one FOLDER TESTS` is such a process."""
    logging.disable(logging.WARNING)
    if arguments[:1] == ["one"]:
        print(json.dumps(measured(int(arguments[2]), Path(arguments[1]))))
        return
    for size in arguments or _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "bench.growth", "one", folder, size]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        one = json.loads(done.stdout)
        print(
            f"{one['tests']:,} tests, {one['bugs']:,} bugs: index {one['index']:.1f} s CPU, "
            f"pages {one['pages']:.1f} s CPU, {one['pages'] / one['tests'] * 1000:.1f} ms a test, "
            f"{one['files']:,} files, {one['size']:.0f} MB; "
            f"memory {one['facts']:.0f} MB with the facts, {one['peak']:.0f} MB at most",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
