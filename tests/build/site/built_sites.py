"""Whole sites that several test modules read, each built once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt

from build.everything import build_everything
from build.site.site import site_files
from context_files.load import load_context
from context_files.place import EXAMPLE
from demo.account.account import DEMO_NOW, demo_account
from quality.model.facts import Facts
from tests.build.account_facts import account_facts
from tests.build.site.golden import golden_facts
from tests.build.site.parsed_pages import Document, read
from tests.hostile import PAYLOADS, hostile
from tests.mcp_reader.published_account import publish_account
from tests.quality.context.contexts import make_context, make_release


@lru_cache(maxsize=1)
def demo_site() -> Mapping[str, bytes]:
    return dict(site_files(account_facts(demo_account(30))))


def build_demo(snapshots: Path, site: Path, days: int = 2) -> None:
    """Build the demo's site as its user gets it: with the context folder, after days with a snapshot each."""
    for day in range(1 - days, 1):
        publish_account(snapshots, demo_account(day=day), at=DEMO_NOW + timedelta(days=day))
    build_everything(snapshots, site, context=load_context(EXAMPLE))


def few_facts() -> Facts:
    """One product with two tests: enough where the question is which files are written."""
    facts = golden_facts()
    return replace(
        facts,
        tests={test_id: facts.tests[test_id] for test_id in (31, 30)},
        products={598: facts.products[598]},
    )


@lru_cache(maxsize=1)
def hostile_site() -> Mapping[str, bytes]:
    facts = account_facts(hostile(demo_account(20, bugs=60)))
    releases = tuple(make_release(attack, product_id=598) for attack in PAYLOADS[::7])
    return dict(site_files(replace(facts, context=make_context(releases=releases))))


@lru_cache(maxsize=2)
def documents(site: Callable[[], Mapping[str, bytes]]) -> Mapping[str, Document]:
    return {path: read(content.decode()) for path, content in site().items() if path.endswith(".html")}


def outline(markdown: str) -> list[str]:
    """The kinds of the Markdown's parts in their order, without the text in them."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown):
        found.append(token.type)
        found += [part.type for part in token.children or () if part.type not in {"text", "text_special"}]
    return found
