"""The execution metrics of the demo's tests: stories run by testers, and what is counted of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demo.account.catalogue import TESTERS
from demo.account.cycles import Setup, row

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Linked:
    """The part of a visible bug that execution metrics need: its place in the set-up and its tester."""

    id: int
    place: int | None
    story: int | None
    tester: str | None


def detail(made: Setup, now: datetime, bugs: Sequence[Linked], *, stories: bool) -> Json:
    """Write the test as asked for by itself, with execution metrics that agree with its visible bugs.

    Args:
        made: The test.
        now: The moment.
        bugs: Its bugs visible at that moment.
        stories: Whether stories are objects with their execution (`includes[]=user_stories`) or titles.
    """
    answer = row(made, now)
    by_place: dict[int | None, list[Linked]] = {}
    for bug in bugs:
        by_place.setdefault(bug.place, []).append(bug)
    ran = executions(made, now)
    totals = dict.fromkeys(_ANALYTICS, 0)
    people: set[str] = {bug.tester for bug in bugs if bug.tester} | {one.tester for one in ran}
    for place, attached in enumerate(answer["features"]):
        here = by_place.get(place, [])
        told = [_story(made, place, story, here, ran) for story in range(len(made.features[place].stories))]
        states = [story["execution_status"] for story in told]
        state = _feature_state(states, here)
        testers = {one.tester for one in ran if one.place == place} | {
            bug.tester for bug in here if bug.tester
        }
        attached.update(
            execution_status=state,
            tester_count=len(testers),
            bugs_found=len(here),
            bug_ids=[bug.id for bug in here],
        )
        if stories:
            attached["user_stories"] = told
        totals["total_features"] += 1
        totals["tested_features"] += state != "not_tested"
        totals["total_user_stories"] += len(told)
        totals["tested_user_stories"] += sum(one != "not_tested" for one in states)
        for outcome in ("passed", "failed", "blocked"):
            totals[f"{outcome}_user_stories"] += states.count(outcome)
            if outcome != "blocked":
                totals[f"{outcome}_features"] += state == outcome
    totals["testers_count"] = len(people)
    totals["devices_count"] = len(people) + len(people) // 3
    totals["total_bugs"] = len(bugs)
    if made.plan.number % 37 != 4:  # old servers did not count
        answer["analytics"] = totals
    return answer


_ANALYTICS = (
    "testers_count", "devices_count", "total_features", "tested_features", "passed_features",
    "failed_features", "total_user_stories", "tested_user_stories", "passed_user_stories",
    "failed_user_stories", "blocked_user_stories", "total_bugs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """One tester's execution of one user story in a test."""

    number: int
    place: int
    story: int
    tester: str
    status: str
    at: datetime


def executions(made: Setup, now: datetime) -> list[Ran]:
    """Run a test's user stories until `now`; none before it runs."""
    plan = made.plan
    if now < plan.start_at or plan.cancelled_at:
        return []
    rng = Random(made.seed + 1)
    length = (plan.end_at - plan.start_at) / timedelta(minutes=1)
    found: list[Ran] = []
    for place, feature in enumerate(made.features):
        for story in range(len(feature.stories)):
            skipped = rng.random() < 0.1
            for _ in range(rng.randint(1, 3)):
                at = plan.start_at + timedelta(minutes=round(length * rng.uniform(0.05, 1.0)))
                status = rng.choices(_OUTCOMES, (90, 3, 100 * plan.product.failing[0], 2, 1))[0]
                tester = TESTERS[int(len(TESTERS) * rng.random() ** 2)]
                if not skipped and at <= now:
                    found.append(Ran(len(found), place, story, tester, status, at))
    return found


_OUTCOMES = ("passed", "blocked", "failed", "pending", "cancelled")


def story_state(statuses: Sequence[str], bugs: int) -> str:
    """Apply the upstream's rule: failed by any failure or bug, blocked, all passed, else not tested."""
    if bugs or "failed" in statuses:
        return "failed"
    if "blocked" in statuses:
        return "blocked"
    if statuses and all(status == "passed" for status in statuses):
        return "passed"
    return "not_tested"


def _feature_state(stories: Sequence[str], bugs: Sequence[Linked]) -> str:
    """Judge a feature by its stories; one without stories by its bugs."""
    return story_state([state for state in stories if state != "not_tested"], 0 if stories else len(bugs))


def _story(made: Setup, place: int, story: int, bugs: Sequence[Linked], ran: Sequence[Ran]) -> Json:
    story_id, text = made.features[place].stories[story]
    linked = [bug.id for bug in bugs if bug.story == story]
    mine = [one for one in ran if one.place == place and one.story == story]
    return {
        "id": story_id,
        "path": text,
        "title": text,
        "feature_id": made.features[place].id,
        "user_story_version_id": made.story_version_id(place, story),
        "execution_status": story_state([one.status for one in mine], len(linked)),
        "tested_by_count": len({one.tester for one in mine}),
        "bugs_found": len(linked),
        "bug_ids": linked,
    }
