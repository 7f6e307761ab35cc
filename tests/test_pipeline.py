"""One number wherever it is asked for, and nothing that must not get through: over the whole pipeline."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from markdown_it import MarkdownIt

from build.facts.load import load_facts
from build.search.index import update_index
from build.site.site import build_site
from config.logs import configure
from config.settings import Settings
from demo.account.account import DEMO_NOW, Account, demo_account, planted_secrets
from demo.server.server import DemoServer, serve
from fetch.api.client import ApiClient
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import refresh
from mcp_reader.server import create_server
from quality.metrics.rates import SMALL_SAMPLE
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, Period, period
from snapshot.reader import open_snapshot
from snapshot.verify import verify
from tests.hostile import hostile
from tests.logged import logging_kept

OWN_SCRIPT = re.compile(r"(\.\./)*assets/[a-z]+\.[0-9a-f]+\.js")
EXECUTED = {"running", "locked", "archived"}


@dataclass(frozen=True)
class Built:
    """A demo account after refresh and build."""

    account: Account
    api: DemoServer
    snapshots: Path
    site: Path
    facts: Facts

    @property
    def settings(self) -> Settings:
        return Settings(
            testio_snapshot_dir=self.snapshots,
            testio_customer_api_token=self.api.token,
            testio_customer_api_base_url=self.api.base_url,
        )


class Figures(HTMLParser):
    """The rows of a product page's table of figures: metric key → the text of this period."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._key = ""
        self._cell = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        address = dict(attributes).get("href") or ""
        if tag == "tr":
            self._key, self._cell = "", 0
        elif tag == "a" and "#metric-" in address:
            self._key = address.rpartition("#metric-")[2]
        elif tag == "td":
            self._cell += 1

    def handle_data(self, data: str) -> None:
        if self._key and self._cell == 1:
            self.found[self._key] = f"{self.found.get(self._key, '')}{data}".replace("\u00a0", " ")


def figures(page: Path) -> Mapping[str, str]:
    parser = Figures()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def raw_counts(account: Account, product_id: int, span: Period) -> dict[str, int]:
    """The counts straight from the upstream's objects, without any code of the core."""
    counts = dict.fromkeys(("test_count", "bug_count", "active", "auto", "rejected"), 0)
    for test_id in account.test_ids[product_id]:
        test = account.test(test_id)
        if str(test.get("status") or "").strip().lower() not in EXECUTED or test.get("demo"):
            continue
        if span.start or span.end:
            try:
                end = datetime.fromisoformat(test["end_at"])
            except (TypeError, ValueError, KeyError):
                continue
            if (span.start and end < span.start) or (span.end and end > span.end):
                continue
        counts["test_count"] += 1
        for bug in account.bugs(test_id):
            status = str(bug.get("status") or "").strip().lower()
            counts["bug_count"] += 1
            counts["auto"] += status == "accepted" and bug.get("auto_accepted") is True
            counts["active"] += status == "accepted" and bug.get("auto_accepted") is not True
            counts["rejected"] += status == "rejected"
    return counts


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The demo account after refresh and build."""
    folder = tmp_path_factory.mktemp("pipeline")
    account = demo_account(28)
    with serve(account) as api:
        snapshots, site = folder / "snapshots", folder / "site"
        asyncio.run(refresh(snapshots, ClientOptions(api.base_url, api.token), now=DEMO_NOW))
        facts = load_facts(open_snapshot(snapshots))
        update_index(facts, snapshots / "index")
        build_site(facts, site)
        yield Built(account, api, snapshots, site, facts)


def numerator(metrics: dict[str, Any], key: str) -> int:
    """The numerator of a rate; 0 where a rate of nothing is left out."""
    return int(metrics.get(key, {}).get("numerator", 0))


@pytest.mark.slow
async def test_page_markdown_and_tool_show_the_same_numbers_for_every_product_and_period(
    built: Built,
) -> None:
    compared = 0
    async with Client(create_server(built.settings)) as client:
        for product_id in built.facts.products:
            (folder,) = built.site.glob(f"products/{product_id}-*")
            for key in REPORT_PERIODS:
                span = period(key, DEMO_NOW)
                raw = raw_counts(built.account, product_id, span)
                asked = {"product_ids": product_id, "start_date": key}
                answer = await client.call_tool("generate_quality_report", asked)
                content: dict[str, Any] = answer.structured_content or {}
                metrics = content["metrics"]
                assert metrics["test_count"] == raw["test_count"]
                assert metrics["bug_count"] == raw["bug_count"]
                assert numerator(metrics, "acceptance_rate") == raw["active"] + raw["auto"]
                assert numerator(metrics, "auto_acceptance_rate") == raw["auto"]
                assert numerator(metrics, "rejection_rate_of_decided") == raw["rejected"]
                assert numerator(metrics, "person_review_rate") == raw["active"] + raw["rejected"]

                place = folder if key == QualityOptions().default_period else folder / key
                markdown = (place / "report.md").read_text(encoding="utf-8")
                shown = figures(place / "index.html")
                assert len(shown) >= 4 or key == "all" or not raw["test_count"]
                for metric, text in shown.items():
                    value = metrics.get(metric)
                    if isinstance(value, dict):
                        counts = f"{value['numerator']} of {value['denominator']}"
                        assert counts in text or value["denominator"] == 0
                        assert counts in markdown or value["denominator"] == 0
                        percents = re.findall(r"\((\d+) %\)", text)
                        assert bool(percents) == (value["denominator"] >= SMALL_SAMPLE), (metric, text)
                        for percent in percents:
                            assert float(percent) == pytest.approx(value["value"] * 100, abs=0.501)
                    elif value is not None:
                        assert text == (f"{value:,}" if isinstance(value, int) else f"{value:.1f}")
                    compared += 1
    assert compared >= 4 * 6 * 5  # tested products, periods that have one before, figures


@pytest.mark.slow
async def test_the_markdown_of_the_tool_is_that_of_the_site(built: Built) -> None:
    async with Client(create_server(built.settings)) as client:
        for product_id in built.facts.products:
            (page,) = built.site.glob(f"products/{product_id}-*/all/report.md")
            asked = {"product_ids": [product_id], "start_date": "all", "format": "markdown"}
            answer = await client.call_tool("generate_quality_report", asked)
            said = (answer.structured_content or {})["markdown"]
            figures = re.compile(r"^## Key figures$.*?^## ", re.MULTILINE | re.DOTALL)
            (ours,), (theirs,) = figures.findall(page.read_text(encoding="utf-8")), figures.findall(said)
            assert ours == theirs


def files_below(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path, path.read_bytes()


async def every_answer(built: Built) -> str:
    """Each tool's answers about everything, and the server's own error texts."""
    said: list[str] = []
    async with Client(create_server(built.settings)) as client:

        async def ask(tool: str, **arguments: Any) -> None:
            answer = await client.call_tool(tool, arguments, raise_on_error=False)
            said.append(str(answer.structured_content))
            said.extend(getattr(block, "text", "") for block in answer.content)

        await ask("list_products")
        await ask("get_server_diagnostics", include_events=True)
        await ask("search", query="crowd staging password")
        for product_id in built.facts.products:
            await ask("get_product_summary", product_id=product_id)
            await ask("list_tests", product_id=product_id, per_page=200)
            await ask("list_bugs", product_ids=product_id, per_page=200)
            await ask("generate_quality_report", product_ids=product_id, format="markdown")
        await ask("query_metrics", metrics="bug_count", dimensions="test_environment")
        for test_id in list(built.facts.tests)[::15]:
            await ask("get_test_summary", test_id=test_id, fresh=True)
        for bug_id in list(built.facts.bugs)[::150]:
            await ask("get_bug_summary", bug_id=bug_id)
        await ask("get_test_summary", test_id=999_999_999)
    return "\n".join(said)


@pytest.mark.slow
async def test_planted_credentials_are_in_no_file_log_line_or_answer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    account = demo_account(12)
    secrets = planted_secrets(account)
    assert len(secrets) > 8
    with serve(account) as api, logging_kept():
        secrets = (*secrets, api.token)
        async with ApiClient(ClientOptions(api.base_url, api.token)) as client:
            product = account.products()[0]["id"]
            served = str(await client.get(f"/products/{product}/test_environments", root="test_environments"))
        assert any(secret in served for secret in secrets), "the credentials must be planted to be missed"

        configure("DEBUG", "json")
        snapshots, site = tmp_path / "snapshots", tmp_path / "site"
        await refresh(snapshots, ClientOptions(api.base_url, api.token), now=DEMO_NOW)
        facts = load_facts(open_snapshot(snapshots))
        update_index(facts, snapshots / "index")
        build_site(facts, site)
        said = await every_answer(Built(account, api, snapshots, site, facts))
    out, err = capfd.readouterr()
    assert "refresh published" in err
    for secret in secrets:
        assert secret not in said
        assert secret not in out + err
        for path, content in files_below(snapshots, site):
            assert secret.encode() not in content, f"{secret} in {path}"


class Elements(HTMLParser):
    """What a page would do beyond showing text."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "script" and not OWN_SCRIPT.fullmatch(dict(attributes).get("src") or ""):
            self.active.append(tag)
        if tag in {"iframe", "object", "embed", "style", "form", "base", "img"}:
            self.active.append(tag)
        for name, value in attributes:
            scheme = (value or "").strip().lower()
            if name.startswith("on") or name == "style" or scheme.startswith(("javascript:", "data:")):
                self.active.append(f"{tag} {name}={value}")


@pytest.mark.slow
async def test_hostile_text_in_every_field_stays_text(tmp_path: Path) -> None:
    account = hostile(demo_account(12))
    with serve(account) as api:
        snapshots, site = tmp_path / "snapshots", tmp_path / "site"
        result = await refresh(snapshots, ClientOptions(api.base_url, api.token), now=DEMO_NOW)
        assert result.complete
        assert verify(snapshots) == []
        facts = load_facts(open_snapshot(snapshots))
        assert len(facts.tests) == len(account.plans)
        update_index(facts, snapshots / "index")
        build_site(facts, site)
        said = await every_answer(Built(account, api, snapshots, site, facts))
    assert {path.relative_to(tmp_path).parts[0] for path, _ in files_below(tmp_path)} == {"snapshots", "site"}
    assert "{{" in said, "a template must come through as text"

    pages = list(site.rglob("*.html"))
    assert len(pages) > len(account.plans) + len(facts.products) * len(REPORT_PERIODS)
    for path in pages:
        elements = Elements()
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<!\d)1337(?!\d)", html), "a planted template was run"
        elements.feed(html)
        assert elements.active == [], path

    reader = MarkdownIt("commonmark").enable("table")
    for path in site.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        tokens = reader.parse(text)
        kinds = {token.type for token in tokens}
        kinds |= {child.type for token in tokens for child in token.children or ()}
        assert not kinds & {"html_block", "html_inline", "image", "fence", "code_inline", "hr"}, path
        links = [
            str(child.attrs["href"])
            for token in tokens
            for child in token.children or ()
            if child.type == "link_open"
        ]
        assert all(re.match(r"(\.\./)*[\w./#-]+$|https?://", link) for link in links), path
