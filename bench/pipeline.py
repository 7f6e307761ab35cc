"""Refresh against its floor, build cold and unchanged, and the size of what comes out."""

import asyncio
from pathlib import Path
from time import perf_counter

from bench.api import demo_api
from bench.measure import kilobytes, seconds
from build.everything import build_everything
from build.facts.load import load_facts
from demo.account.account import DEMO_NOW
from demo.server.server import DEMO_TOKEN
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import RefreshRequest, refresh
from snapshot.reader import open_snapshot

LATENCY = 0.05


def rows(tests: int, folder: Path) -> list[tuple[str, str, str]]:
    """Measure the pipeline over a demo account of so many tests, and leave its results in the folder."""
    snapshots, site = folder / "snapshots", folder / "site"
    found = []
    with demo_api(tests, 10 * tests, latency=LATENCY) as url:
        client = ClientOptions(url, DEMO_TOKEN)
        for name, request in (("full", RefreshRequest(full=True)), ("again", RefreshRequest())):
            begin = perf_counter()
            result = asyncio.run(refresh(snapshots, client, request, now=DEMO_NOW))
            took = perf_counter() - begin
            requests = result.statistics.requests
            floor = requests * LATENCY / client.concurrency
            found.append(
                (
                    f"refresh, {name}: {requests} requests",
                    f"{took:.2f} s",
                    f"{took / floor:.2f} × the floor, {floor:.2f} s: requests × 50 ms ÷ {client.concurrency}",
                )
            )

    load = seconds(lambda: load_facts(open_snapshot(snapshots)), 3)
    facts = load_facts(open_snapshot(snapshots))
    found.append((f"load {len(facts.tests)} tests, {len(facts.bugs)} bugs", f"{load:.2f} s", ""))
    cold = seconds(lambda: build_everything(snapshots, site))
    found.append(("build, cold", f"{cold:.2f} s", ""))
    again = seconds(lambda: build_everything(snapshots, site), 3)
    found.append(("build, unchanged", f"{again:.2f} s", f"{again / cold:.2f} × cold"))
    found += [
        ("portfolio and product pages", kilobytes(site.glob("products/*/*/index.html")), "≤ 60 KB each"),
        ("test pages", kilobytes(site.glob("tests/*.html")), ""),
        ("style sheet", kilobytes(site.glob("assets/*.css")), "≤ 15 KB"),
        ("Markdown reports", kilobytes(site.rglob("report.md")), ""),
    ]
    return found
