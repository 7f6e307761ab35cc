"""Search finds by words, with an index and without one."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from quality.model.facts import Facts
from tests.mcp_reader.calls import asking

HALO = 598


async def test_search_finds_by_words_best_first_with_a_snippet(indexed_snapshot: Path, mode: str) -> None:
    async with asking(indexed_snapshot, mode) as ask:
        answer = await ask("search", query="cart page", entities="bugs", product_ids="598", limit=5)
        assert answer["hits"]
        assert {(row["kind"], row["product_id"]) for row in answer["hits"]} == {("bug", HALO)}
        places = [place for place, number in answer["matched_in"].items() for _ in range(number)]
        ranked = [(places[at], -row["score"]) for at, row in enumerate(answer["hits"])]
        assert ranked == sorted(
            ranked, key=lambda one: ({"title": 0, "feature": 1, "text": 2}[one[0]], one[1])
        )
        following = await ask(
            "search", query="cart page", entities="bug", product_ids=HALO, limit=5, offset=5
        )
        assert answer["pagination"]["has_more"]
        assert not {row["id"] for row in answer["hits"]} & {row["id"] for row in following["hits"]}
        assert any("**" in row.get("snippet", "") for row in answer["hits"] + following["hits"])
        rejected = await ask("search", query="cart", status="Rejected", severity=["high"])
        assert {(row["severity"], row["review"]) for row in rejected["hits"]} == {("high", "rejected")}


@pytest.mark.parametrize(
    "call",
    [
        {"query": "cart OR button -price*", "severity": "high,low", "reported_since": "last 90 days"},
        {"query": '"next to the"', "fields": "title"},
        {"query": "export", "entities": "feature,test", "product_ids": "Canvas for iOS"},
        {"query": "chekcout"},
    ],
)
async def test_search_finds_the_same_without_an_index(
    demo_snapshot: Path, indexed_snapshot: Path, call: dict[str, Any]
) -> None:
    async with asking(demo_snapshot) as ask, asking(indexed_snapshot) as ask_indexed:
        answer, indexed = (
            await ask("search", limit=100, **call),
            await ask_indexed("search", limit=100, **call),
        )
    assert {hit["id"] for hit in answer["hits"]} == {hit["id"] for hit in indexed["hits"]}
    assert answer["pagination"] == indexed["pagination"]
    assert answer.get("did_you_mean") == indexed.get("did_you_mean")
    assert answer["hits"] or answer.get("did_you_mean") == "checkout"


async def test_search_goes_on_without_an_index_that_is_damaged(
    indexed_snapshot: Path, tmp_path: Path
) -> None:
    root = tmp_path / "snapshots"
    shutil.copytree(indexed_snapshot, root)
    for part in (root / "index").glob("*.seg"):
        part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    async with asking(root) as ask:
        assert (await ask("search", query="checkout"))["hits"]


async def test_search_finds_an_id_and_corrects_a_slip(indexed_snapshot: Path, facts: Facts) -> None:
    bug = next(iter(facts.bugs.values()))
    async with asking(indexed_snapshot) as ask:
        assert (await ask("search", query=str(bug.id)))["hits"][0]["id"] == bug.id
        slip = await ask("search", query="chekcout")
        assert slip["hits"] == []
        assert "checkout" in slip["did_you_mean"]
        assert (await ask("search", query=slip["did_you_mean"]))["hits"]
        diagnostics = await ask("get_server_diagnostics")
        assert diagnostics["index"] == {"state": "current", "snapshot_id": facts.snapshot_id}


async def test_search_says_what_each_word_finds_when_all_together_find_nothing(
    indexed_snapshot: Path,
) -> None:
    async with asking(indexed_snapshot) as ask:
        answer = await ask("search", query="checkout kangaroo")
    assert answer["hits"] == []
    assert re.search(r"Each alone finds: checkout [1-9]\d*, kangaroo 0\.", answer["warnings"][0])


async def test_search_says_where_each_hit_matched_and_why_there_is_none(
    indexed_snapshot: Path, facts: Facts
) -> None:
    async with asking(indexed_snapshot) as ask:
        answer = await ask("search", query="login", entities="bug", limit=100)
        nothing = await ask("search", query="zzzzzz")
        filtered = await ask("search", query="login", reported_since="2026-11-20", severity="content")
        some = await ask("list_bugs", product_ids=HALO)
        all_of_them = await ask("search", query="login", entities="bug", limit=20)
    places = {"title": 0, "feature": 0, "text": 0}
    for row in answer["hits"]:
        bug = facts.bugs[row["id"]]
        titled, featured = (
            re.search(r"\blogin\b", text or "", re.IGNORECASE) for text in (bug.title, bug.feature)
        )
        assert row["matched_in"] == ("title" if titled else "feature" if featured else "text")
        places[row["matched_in"]] += 1
    assert min(places["title"], places["feature"]) > 0
    assert answer["matched_in"] == places
    told = [row["matched_in"] for row in answer["hits"]]
    assert told == sorted(told, key=list(places).index)
    assert "matched_in" not in nothing
    assert nothing["warnings"][0] == "Nothing contains zzzzzz. Try another word, or its beginning: zzz*."
    assert re.match(r"Nothing passes the filters; without them there are [1-9]", filtered["warnings"][0])
    assert len(all_of_them["hits"]) == 20
    assert some["warnings"][-1].endswith(", per_page=100 shows them at once.")


@pytest.mark.slow
async def test_search_takes_either_word_leaves_one_out_and_filters(
    indexed_snapshot: Path, facts: Facts
) -> None:
    async with asking(indexed_snapshot) as ask:

        async def found(query: str, **filters: object) -> set[int]:
            answer = await ask("search", query=query, entities="bug", limit=100, **filters)
            assert answer["pagination"]["total_count"] <= 100
            return {row["id"] for row in answer["hits"]}

        some = {"severity": "high", "product_ids": HALO}
        either, one, other = (
            await found("cart OR button", **some), await found("cart", **some),
            await found("button", **some),
        )  # fmt: skip
        assert either == one | other
        assert one
        assert other
        assert await found("cart|button -cart", **some) == other - one != other
        assert await found("cart NOT button", match_mode="raw", **some) == one - other
        titled = await found("cart", fields="title", **some)
        assert titled == {
            number for number in one if re.search(r"\bcart\b", facts.bugs[number].title, re.IGNORECASE)
        }
        feature = next(bug.feature_id for number in one if (bug := facts.bugs[number]).feature_id)
        assert await found("cart", feature_ids=feature, **some) == {
            number for number in one if facts.bugs[number].feature_id == feature
        }
        assert await found("cart", reported_since="2026-06-01", **some) == {
            number
            for number in one
            if (at := facts.bugs[number].reported_at) and f"{at:%Y-%m-%d}" >= "2026-06-01"
        }
        said = await ask("search", query="(cart OR button)")
        assert "ignored: (, )" in said["warnings"][0]
