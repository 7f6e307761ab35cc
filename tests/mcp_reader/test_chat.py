"""The report in the chat is HTML beside the answer, for hosts that show it, and harmless."""

import hashlib
import re
from base64 import b64encode
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from build.site.chat import fragments
from demo.account.account import demo_account
from mcp_reader.chat import FRAGMENT, VIEW
from mcp_reader.server import create_server
from quality.options import QualityOptions
from quality.pivot.query import query
from quality.selection import Selection
from quality.views.report import report_view
from tests.build.account_facts import account_facts
from tests.hostile import hostile
from tests.mcp_reader.apps import Apps
from tests.mcp_reader.calls import settings_of

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("generate_quality_report", {"product_ids": 598}),
    ("generate_quality_report", {"compare": "previous_period"}),
    ("generate_quality_report", {"product_ids": 598, "format": "markdown"}),
    ("query_metrics", {"metrics": "bug_count,rejection_rate_of_decided", "dimensions": "month"}),
    ("query_metrics", {"metrics": "bug_count", "dimensions": "feature,severity"}),
)


async def test_hosts_that_show_html_get_it_beside_the_answer_and_others_lose_nothing(
    demo_snapshot: Path, mode: str
) -> None:
    """Both ask the same server in turns, which remembers answers."""
    server = create_server(settings_of(demo_snapshot))
    async with (
        Client(server, mode=mode, extensions=[Apps()]) as host,
        Client(server, mode=mode) as plain,
    ):
        bug = (await plain.call_tool_mcp("list_bugs", {"per_page": 1})).structured_content or {}
        for tool, arguments in (*CALLS, ("get_bug_summary", {"bug_id": bug["bugs"][0]["id"]})):
            for _ in range(2):
                shown, told = [await one.call_tool_mcp(tool, arguments) for one in (host, plain)]
                assert not shown.is_error
                assert shown.content == told.content
                assert shown.structured_content == told.structured_content
                assert FRAGMENT not in (told.meta or {})
                fragment = (shown.meta or {})[FRAGMENT]
                assert tags_of(fragment)
                assert fragment not in str(shown.content)


async def test_the_tools_that_are_shown_name_the_view_and_it_needs_nothing_but_itself(
    demo_snapshot: Path,
) -> None:
    async with Client(create_server(settings_of(demo_snapshot))) as client:
        tools = await client.list_tools()
        (view,) = await client.read_resource(VIEW)
    shown = {tool.name for tool in tools if ((tool.meta or {}).get("ui") or {}).get("resourceUri") == VIEW}
    assert shown == {"generate_quality_report", "get_bug_summary", "query_metrics"}
    assert view.mime_type == "text/html;profile=mcp-app"
    assert not any((view.meta or {})["ui"]["csp"].values())
    html = view.model_dump()["text"]
    assert not re.search(r"""(?:src|href)=|url\(|@import|https?://""", html.replace("/^https?:", ""))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', unescape(html))
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")
    for kind in ("style", "script"):
        (held,) = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        digest = b64encode(hashlib.sha256(held.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("base_url", [pytest.param(None, marks=pytest.mark.slow), "https://reports.example"])
def test_hostile_texts_become_no_element_attribute_or_link(base_url: str | None) -> None:
    facts = account_facts(hostile(demo_account(8, bugs=40)))
    report = report_view(facts, Selection(), QualityOptions())
    by = ("tester", "feature", "month", "platform")
    made = [
        fragments.report_fragment(facts, report, QualityOptions(), base_url),
        *(fragments.bug_fragment(facts, bug, facts.as_of, base_url) for bug in facts.bugs.values()),
        *(
            fragments.pivot_fragment(query(facts, metrics=["bug_count"], dimensions=[one]), base_url)
            for one in by
        ),
    ]
    for text in made:
        for tag, attributes in tags_of(text):
            assert tag in ALLOWED, tag
            assert not [
                name for name in attributes if name.startswith("on") or name in {"style", "src", "action"}
            ]
            href = attributes.get("href")
            assert href is None or href.startswith(("https://", "http://", "#")), href
    assert any("href" in attributes for _, attributes in tags_of(made[0])) == bool(base_url)


async def test_an_answer_is_given_though_its_html_cannot_be_made(
    demo_snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError

    monkeypatch.setattr(fragments, "pivot_fragment", broken)
    async with Client(create_server(settings_of(demo_snapshot)), extensions=[Apps()]) as client:
        answer = await client.call_tool_mcp("query_metrics", {"metrics": "bug_count"})
    assert not answer.is_error
    assert FRAGMENT not in (answer.meta or {})


ALLOWED = frozenset(
    {
        "a", "aside", "article", "b", "br", "dd", "details", "desc", "div", "dl", "dt", "figure", "g", "h1",
        "h2", "h3", "h4", "li", "line", "ol", "p", "path", "rect", "section", "span", "strong", "summary",
        "svg", "table", "tbody", "td", "text", "tfoot", "th", "thead", "title", "tr", "ul",
    }
)  # fmt: skip


def tags_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """The elements of some HTML with their attributes, as a browser would see them."""
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reading(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reading().feed(html)
    return found
