"""Credentials of a test environment in every text of an account reach nothing that is made of it."""

import base64
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

import pytest

from build.everything import build_everything
from build.site.site import SiteOptions
from demo.account.account import Account, demo_account
from demo.account.catalogue import PRODUCTS, environments_of
from tests.fetch.refresh.faulty_refreshes import files, take
from tests.mcp_reader.calls import asking

Json = dict[str, Any]
HALO = 598
USER = str(environments_of(PRODUCTS[0])[0]["username"])
PASSWORD = str(environments_of(PRODUCTS[0])[0]["password"])
FORMS = (
    PASSWORD,
    PASSWORD.upper(),
    f"{USER} / {PASSWORD}",
    quote(PASSWORD, safe="").replace("-", "%2D"),
    PASSWORD.encode().hex(),
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    f"{PASSWORD[:4]} {PASSWORD[4:]}",
    f"{PASSWORD[:5]}\n{PASSWORD[5:]}",
    f"{PASSWORD[:3]}\u200b{PASSWORD[3:]}",
    PASSWORD.replace("a", "\u00e4"),
)
_AS_THEY_ARE = {
    "status", "severity", "type", "testing_type", "review_status", "key", "language", "report_language",
    "execution_status", "access_type", "content_type", "id", "feature_id",
}  # fmt: skip

pytestmark = pytest.mark.slow


def everywhere(kind: str, value: Json) -> Json:
    """Write a form of the credentials behind each text, and into fields of the customer's own."""
    if kind == "test_environment":
        return value
    more = {
        "custom_fields": [{"name": PASSWORD, "value": "x"}, {"label": "Note", "value": PASSWORD}],
        f"field {PASSWORD}": 1,
        "report": {"content": {"data": [{"label": "Seen", "value": f"as {USER} with {PASSWORD}"}]}},
        "requirements": [{"category": {"name": PASSWORD}, "devices": [{"name": f"Pixel {PASSWORD}"}]}],
        "attachments": [{"id": 1, "url": f"https://u.example/{PASSWORD}.png", "filename": f"{PASSWORD}.png"}],
    }
    told: Json = _told(f"{kind}/{value.get('id')}", "", value)
    return told | more


def _told(place: str, key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: one
            if key == "test_environment" and name != "title"
            else _told(f"{place}/{name}", name, one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_told(f"{place}/{number}", key, one) for number, one in enumerate(value)]
    if not isinstance(value, str) or key in _AS_THEY_ARE or key.endswith("_at"):
        return value
    return f"{value} {FORMS[crc32(place.encode()) % len(FORMS)]}"


@pytest.fixture(scope="module")
def account() -> Account:
    return replace(demo_account(20, bugs=60), change=everywhere)


def leaked(text: str) -> list[str]:
    """The forms of the credentials that a text holds."""
    low = text.lower()
    seen = (low, "".join(low.replace("\\n", "").replace("\u200b", "").split()))
    searched = {form.lower() for form in (*FORMS, PASSWORD, USER, quote(PASSWORD))}
    return [form for form in searched if any(form in one for one in seen)]


async def test_credentials_in_every_text_reach_nothing(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They stood in names of testers, devices and files and in user stories: on pages and in answers."""
    caplog.set_level(logging.DEBUG)
    snapshots, site = tmp_path / "snapshots", tmp_path / "site"
    result = await take(snapshots, account)
    assert result.exit_code == 0
    build_everything(snapshots, site, SiteOptions())
    kinds = {path.suffix for path, _ in files(site)}
    assert {".html", ".md", ".csv", ".json", ".xml", ".ics", ".txt"} <= kinds
    found = {
        f"{path.relative_to(tmp_path)}: {form}"
        for root in (snapshots, site)
        for path, raw in files(root)
        for form in leaked(raw.decode("utf-8", "replace"))
    }
    assert not found
    assert leaked(caplog.text + " ".join(str(record.__dict__) for record in caplog.records)) == []
    test = next(number for number in account.test_ids[HALO] if account.bugs(number))
    bug = account.bugs(test)[0]["id"]
    assert PASSWORD in str(account.bugs(test))
    calls: tuple[tuple[str, Json], ...] = (
        ("list_products", {}),
        ("list_tests", {"product_ids": [HALO]}),
        ("list_bugs", {"product_ids": [HALO]}),
        ("get_test_summary", {"test_id": test}),
        ("get_bug_summary", {"bug_id": bug}),
        ("list_users", {}),
        ("list_features", {"product_id": HALO}),
        ("generate_quality_report", {"product_ids": [HALO]}),
        ("query_metrics", {"metrics": ["bug_count"], "dimensions": ["tester"]}),
        ("search", {"query": "checkout"}),
    )
    async with asking(snapshots) as ask:
        for tool, arguments in calls:
            assert leaked(str(await ask(tool, **arguments))) == [], tool
