"""What a test of the demo is about, and how the upstream lists it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random
from typing import Any

from demo.account.catalogue import DemoFeature, environments_of, features_of, product_json, section_json
from demo.account.devices import requirements_for
from demo.account.schedule import Plan
from demo.account.times import stamp

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """The subject of a test: its features, stories and devices.

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
        """Return the id of the feature at `place` within this test."""
        return 60_000 + self.plan.number * 12 + place

    def story_version_id(self, place: int, story: int) -> int:
        """Return the id of a story's version within this test."""
        return 900_000 + self.plan.number * 60 + place * 5 + story


def setup(seed: int, plan: Plan) -> Setup:
    """Decide what a test is about."""
    rng = Random(f"{seed}/{plan.id}/setup")
    section_id = rng.choice(plan.product.sections)[0]
    features = _chosen(rng, plan, section_id)
    german = plan.product.key == 0 and rng.random() < 0.2
    return Setup(
        plan=plan,
        title=_title(plan, features),
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
    asking = [feature for feature in candidates if _asks(feature)]
    if plan.testing_type == "custom" and asking and not any(map(_asks, chosen)):
        chosen[0] = asking[0]
    return tuple(sorted(chosen, key=lambda feature: feature.id))


def _asks(feature: DemoFeature) -> bool:
    """Return whether testers answer questions about the feature."""
    return any(report.severity == "custom" for report in feature.text.reports)


def release(plan: Plan) -> str:
    """Return the release that was current (or next) when the test began."""
    major, minor, days = plan.product.release
    lived = max(plan.product.since_days - int(plan.age_days), 0)
    return f"{major}.{minor + lived // days}"


def _title(plan: Plan, features: Sequence[DemoFeature]) -> str:
    if plan.demo:
        return "Demo test: how a test works"
    first = features[0].text.title
    names = first if len(features) == 1 else f"{first} and {features[1].text.title.lower()}"
    choices = {
        "coverage": (
            "Release {v} regression", "Release {v} candidate", "Release {v}: full regression",
            "Regression before release {v}", "Release {v} regression, second round",
        ),
        "focused": ("{names}", "Release {v}: {names}", "{first} in depth", "{names} after the redesign"),
        "rapid": ("Rapid check of {v}", "Hotfix {v}.1 smoke test", "{first}: rapid check", "{v} smoke test"),
        "usability": ("Usability of {names}", "First impressions of {first}", "{first}: usability study"),
        "custom": ("Customer survey: {first}", "Explorative test of {first}"),
    }[plan.testing_type]  # fmt: skip
    return choices[plan.number % len(choices)].format(v=release(plan), names=names, first=first)


def row(made: Setup, now: datetime) -> Json:
    """Write the test as the list endpoint answers it, without execution metrics."""
    plan = made.plan
    rng = Random(made.seed)
    status = plan.status(now)
    now = min(now, plan.cancelled_at or now)  # nothing happens to a cancelled test
    product = plan.product
    goal = _GOALS[rng.randrange(len(_GOALS))].format(
        feature=made.features[0].text.title.lower(), release=release(plan)
    )
    instructions = _INSTRUCTIONS[rng.randrange(len(_INSTRUCTIONS))]
    out_of_scope = _OUT_OF_SCOPE[rng.randrange(len(_OUT_OF_SCOPE))]
    created_by = _person(rng, product.customers)
    submitted_by = _person(rng, product.customers)
    attached = rng.random() < 0.1
    reviewed = now >= plan.waiting_at
    rapid = plan.testing_type == "rapid"
    scheduled = status != "initialized" or plan.number % 2 == 0
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
        "testing_type": _OTHER_TYPES.get(plan.number % 31, plan.testing_type),
        "attachments": _attachments(plan) if attached else [],
        "requirements": _requirements(product.type),
        "report_language": made.language,
        "section": section_json(product, made.section_id),
        "product": product_json(product),
        "enable_low": True,
        "enable_high": True,
        "enable_critical": True,
        "allow_device_clouds_test_scenario": False,
        "created_by": created_by,
        "submitted_by": submitted_by if reviewed else None,
        "start_at": stamp(plan.start_at, made.style) if scheduled else None,
        "end_at": stamp(plan.end_at, made.style) if scheduled else None,
        "allowed_bug_types": ["default"] if rapid else ["default", "content", "visual"],
        "reviews": [_review(plan, made.style)] if reviewed else [],
        "review_status": "review_successful" if reviewed else None,
        "demo": plan.demo,
        "coverage_hint": None,
    }  # fmt: skip
    return _with_gaps(plan, answer)


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
    """Write a URL as the upstream signs it; the signature must never be stored."""
    return (
        f"{url}?X-Amz-Credential=planted-key&X-Amz-Expires=3600&X-Amz-Signature=planted-signature-{number:x}"
    )


def _person(rng: Random, customers: Sequence[tuple[int, str]]) -> Json | str | None:
    """Write a customer's user as the upstream names one: an object, now and then a name or nothing."""
    person_id, name = rng.choices(customers, (6, 3, 2)[: len(customers)])[0]
    form = rng.random()
    if form < 0.78:
        return {"id": person_id, "name": name}
    return name if form < 0.9 else None


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
_OTHER_TYPES: dict[int, str | None] = {11: None, 17: "external"}
"""A test-case test has no type."""
_INSTRUCTIONS = (
    "Use the test account.\n\n- **Do not** report bugs of third parties.\n- Add a recording to each bug.",
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
