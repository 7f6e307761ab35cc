"""A test of the demo in the upstream's shapes: the row of a list and the detail with execution metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from fetch.demo.catalogue import (
    TESTERS,
    DemoFeature,
    environments_of,
    features_of,
    product_json,
    section_json,
)
from fetch.demo.devices import requirements_for
from fetch.demo.schedule import Plan
from fetch.demo.times import stamp

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a test is about.

    Attributes:
        features: Those attached to it; `version_id(place)` is their id within the test.
        language: Of its report, and of most of its bugs.
        style: How the upstream writes its times.
    """

    plan: Plan
    title: str
    section_id: int
    features: tuple[DemoFeature, ...]
    environment: int
    language: str
    style: int
    seed: int

    def version_id(self, place: int) -> int:
        """The id of the feature at `place` within this test."""
        return 60_000 + self.plan.number * 12 + place

    def story_version_id(self, place: int, story: int) -> int:
        """The id of a story's version within this test."""
        return 900_000 + self.plan.number * 60 + place * 5 + story


@dataclass(frozen=True, slots=True)
class Linked:
    """What execution metrics need of a visible bug: its place in the set-up and its tester."""

    id: int
    place: int | None
    story: int | None
    tester: str | None


def setup(seed: int, plan: Plan) -> Setup:
    """Decide what a test is about."""
    rng = Random(f"{seed}/{plan.id}/setup")
    section_id = rng.choice(plan.product.sections)[0]
    features = _chosen(rng, plan, section_id)
    german = plan.product.key == 0 and rng.random() < 0.2
    return Setup(
        plan=plan,
        title=_title(rng, plan, features),
        section_id=section_id,
        features=features,
        environment=rng.randrange(len(plan.product.environments)),
        language="de" if german else "en",
        style=rng.randrange(6),
        seed=rng.getrandbits(48),
    )


@cache
def _candidates(plan_product: Any, section_id: int) -> tuple[DemoFeature, ...]:
    return tuple(
        feature
        for feature in features_of(plan_product)
        if feature.text.weight and feature.section_id == section_id
    )


def _chosen(rng: Random, plan: Plan, section_id: int) -> tuple[DemoFeature, ...]:
    candidates = [
        feature
        for feature in _candidates(plan.product, section_id)
        if plan.age_days > 110 or feature.text.weight > 3
    ]
    most = {"coverage": 6, "focused": 2, "rapid": 3, "usability": 4, "custom": 3}[plan.testing_type]
    least = 4 if plan.testing_type == "coverage" else 1
    wanted = min(rng.randint(least, most), len(candidates))
    chosen = rng.sample(candidates, wanted)
    return tuple(sorted(chosen, key=lambda feature: feature.id))


def release(plan: Plan) -> str:
    """The release that was current (or next) when the test began."""
    major, minor, days = plan.product.release
    lived = max(plan.product.since_days - int(plan.age_days), 0)
    return f"{major}.{minor + lived // days}"


def _title(rng: Random, plan: Plan, features: Sequence[DemoFeature]) -> str:
    if plan.demo:
        return "Demo test: how a test works"
    first = features[0].text.title
    names = first if len(features) == 1 else f"{first} and {features[1].text.title.lower()}"
    choices = {
        "coverage": ("Release {v} regression", "Release {v} regression", "Release {v}: full regression", "{v} release candidate"),
        "focused": ("{names}", "Release {v}: {names}", "{first} in depth", "{names} after the redesign"),
        "rapid": ("Rapid check of {v}", "Hotfix {v}.1 smoke test", "{first}: rapid check", "Release {v} smoke test"),
        "usability": ("Usability of {names}", "First impressions of {first}", "{first}: usability study"),
        "custom": ("Customer survey: {first}", "Explorative test of {first}"),
    }[plan.testing_type]  # fmt: skip
    lowered = first[0].lower() + first[1:]
    return rng.choice(choices).format(v=release(plan), names=names, first=lowered).replace("  ", " ")


def row(made: Setup, now: datetime) -> Json:
    """The test as the list endpoint answers it, without execution metrics."""
    plan = made.plan
    rng = Random(made.seed)
    status = plan.status(now)
    product = plan.product
    goal = _GOALS[rng.randrange(len(_GOALS))].format(
        feature=made.features[0].text.title.lower(), release=release(plan)
    )
    instructions = _INSTRUCTIONS[rng.randrange(len(_INSTRUCTIONS))]
    out_of_scope = _OUT_OF_SCOPE[rng.randrange(len(_OUT_OF_SCOPE))]
    creator = rng.choice(product.customers)
    creator_form = rng.random()
    reviewed = now >= plan.waiting_at
    scheduled = status != "initialized" or rng.random() < 0.5
    answer: Json = {
        "id": str(plan.id) if plan.number % 29 == 5 else plan.id,
        "test_title": made.title,
        "title": made.title,
        "status": status,
        "test_environment": environments_of(product)[made.environment],
        "features": [_attached(made, place, feature) for place, feature in enumerate(made.features)],
        "goal": f"**{goal}**",
        "goal_text": goal,
        "out_of_scope": out_of_scope,
        "out_of_scope_text": out_of_scope,
        "instructions": instructions,
        "instructions_text": instructions and instructions.replace("**", "").replace("- ", ""),
        "testing_type": plan.testing_type,
        "attachments": _attachments(plan) if rng.random() < 0.1 else [],
        "requirements": _requirements(product.type),
        "report_language": made.language,
        "section": section_json(product, made.section_id),
        "product": product_json(product),
        "enable_low": True,
        "enable_high": True,
        "enable_critical": True,
        "allow_device_clouds_test_scenario": False,
        "created_by": {"id": creator[0], "name": creator[1]} if creator_form < 0.75 else creator[1] if creator_form < 0.9 else None,
        "submitted_by": _submitter(rng, product.customers) if reviewed else None,
        "start_at": stamp(plan.start_at, made.style) if scheduled else None,
        "end_at": stamp(plan.end_at, made.style) if scheduled else None,
        "allowed_bug_types": ["default", "content", "visual"] if plan.testing_type != "rapid" else ["default"],
        "reviews": [_review(plan, made.style)] if reviewed else [],
        "review_status": "review_successful" if reviewed else None,
        "demo": plan.demo,
        "coverage_hint": None,
    }  # fmt: skip
    return _with_gaps(plan, answer)


def detail(made: Setup, now: datetime, bugs: Sequence[Linked], *, stories: bool) -> Json:
    """The test as asked for by itself, with execution metrics that agree with its visible bugs.

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
    "testers_count", "devices_count", "total_features", "tested_features", "passed_features", "failed_features",
    "total_user_stories", "tested_user_stories", "passed_user_stories", "failed_user_stories",
    "blocked_user_stories", "total_bugs",
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
    """The executions of a test's user stories until `now`; none before it runs."""
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
                status = rng.choices(
                    ("passed", "blocked", "failed", "pending", "cancelled"), (90, 3, 4, 2, 1)
                )[0]
                tester = TESTERS[int(len(TESTERS) * rng.random() ** 2)]
                if not skipped and at <= now:
                    found.append(Ran(len(found), place, story, tester, status, at))
    return found


def story_state(statuses: Sequence[str], bugs: int) -> str:
    """The upstream's rule: failed by any failure or bug, blocked, passed when all passed, else not tested."""
    if bugs or "failed" in statuses:
        return "failed"
    if "blocked" in statuses:
        return "blocked"
    if statuses and all(status == "passed" for status in statuses):
        return "passed"
    return "not_tested"


def _feature_state(stories: Sequence[str], bugs: Sequence[Linked]) -> str:
    tested = [state for state in stories if state != "not_tested"]
    return story_state(tested, len(bugs))


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


def _attached(made: Setup, place: int, feature: DemoFeature) -> Json:
    text = feature.text
    return {
        "id": made.version_id(place),
        "feature_id": str(feature.id) if (made.plan.number + place) % 31 == 0 else feature.id,
        "title": text.title,
        "description": text.description,
        "location": text.location,
        "howtofind": text.howtofind,
        "target_idx": None,
        "enable_default": True,
        "enable_content": None if made.plan.testing_type == "rapid" else True,
        "enable_visual": made.plan.testing_type != "rapid",
        "custom_report_configurations": [],
        "user_stories": [story for _, story in feature.stories],
    }


@cache
def _requirements(product_type: str) -> list[Json]:
    return requirements_for(product_type)


def _attachments(plan: Plan) -> list[Json]:
    return [
        {
            "id": plan.id + 500_000,
            "url": signed(f"https://uploads.test-io.example/briefings/{plan.id}.pdf", plan.id),
            "content_type": "application/pdf",
            "original_filename": "briefing.pdf",
            "thumbnail_urls": {
                "small": signed(f"https://uploads.test-io.example/thumbs/{plan.id}.png", plan.id)
            },
        }
    ]


def signed(url: str, number: int) -> str:
    """A URL as the upstream signs it; the signature must never be stored."""
    return (
        f"{url}?X-Amz-Credential=planted-key&X-Amz-Expires=3600&X-Amz-Signature=planted-signature-{number:x}"
    )


def _submitter(rng: Random, customers: Sequence[tuple[int, str]]) -> Json | str | None:
    person = rng.choice(customers)
    form = rng.random()
    if form < 0.7:
        return {"id": person[0], "name": person[1]}
    return person[1] if form < 0.85 else None


def _review(plan: Plan, style: int) -> Json:
    return {
        "status": "successful",
        "instruction_comment": "Clear and complete, thank you." if plan.number % 6 == 0 else None,
        "test_environment_comment": None,
        "feature_comment": "Please say where the feature is found." if plan.number % 11 == 0 else None,
        "bug_type_comment": None,
        "reviewed_at": stamp(plan.waiting_at, style),
    }


def _with_gaps(plan: Plan, answer: Json) -> Json:
    """Leave out or spoil what now and then is missing or malformed upstream, always in the same tests."""
    number = plan.number
    if plan.age_days > 45:  # finished long before the demo's now
        if number % 47 == 3:
            answer["end_at"] = None
        if number % 47 == 9:
            answer["end_at"] = "0000-00-00T00:00:00"
    if number % 41 == 7:
        del answer["product"]
    if number % 17 == 2:
        del answer["out_of_scope"], answer["out_of_scope_text"]
    if number % 23 == 6:
        answer["requirements"] = None
    if number % 19 == 8:
        del answer["reviews"]
    return answer


_GOALS = (
    "Find what stops people in {feature} before release {release} goes out",
    "Check that {feature} still works after the changes of release {release}",
    "Find functional and visual bugs in {feature}",
    "Make sure that nothing broke since the last release",
    "Tell us where {feature} is hard to understand",
)
_INSTRUCTIONS = (
    "Use the test account of the environment.\n\n- **Do not** report bugs of third-party pages.\n- Attach a recording to each bug.",
    "Use the test card that is named in the environment. Orders are not delivered.",
    "Please read the list of known bugs first. One report per cause, not per screen.",
    "Test in the language of your device. Keep the log running.",
    None,
)
_OUT_OF_SCOPE = (
    "Payment providers' own pages",
    "Performance, third-party content and the imprint",
    "Everything that is marked as beta",
    None,
)
