"""The demo's bug reports: planned once for a test, shown as they stand on a day."""

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from demo.account.catalogue import TESTERS, DemoProduct, environments_of
from demo.account.cycles import Setup, signed
from demo.account.devices import devices_for
from demo.account.executions import Linked
from demo.account.review import Fate, comments, confirmations, fate, sittings
from demo.account.schedule import REVIEW_WINDOW, Plan
from demo.account.texts import FeatureText, Report, everywhere
from demo.account.times import stamp

Json = dict[str, Any]

_TYPES_OF_BUGS = frozenset({"visual", "content", "custom"})
_ODD_SEVERITIES = ("blocker", "", None, "showstopper", "High ", "LOW", "Critical")
_OWN_EVERY = 7
_ANSWERS = 20
_GERMAN_EVERY = 3
"""In every so many tests a report of a feature's own can be made, and in German ones."""
_FREQUENCIES = (
    " Happens every time.", " 5 of 5 tries.", " 3 of 5 tries.", " Also with a new account.",
    " Could also be seen on a second device.", " See the recording from second 12 on.",
    " Not seen in the last release.",
)  # fmt: skip
_DETAILS_DE = (" Tritt jedes Mal auf.", " In 3 von 5 Versuchen.", " Siehe Video ab Sekunde 12.")


@dataclass(frozen=True, slots=True)
class Sketch:
    """The parts of a bug that are decided for all days: all but its text, which follows from `seed`."""

    id: int
    place: int
    story: int | None
    report: Report
    tester: int | None
    reported_at: datetime
    fate: Fate
    seed: int

    @property
    def linked(self) -> Linked:
        """Return the part of it that execution metrics need."""
        return Linked(self.id, self.place, self.story, None if self.tester is None else TESTERS[self.tester])


def sketches(made: Setup) -> list[Sketch]:
    """Decide all bugs that a test will ever have, in the order of their reporting."""
    plan = made.plan
    rng = Random(made.seed + 2)
    length = (plan.end_at - plan.start_at) / timedelta(seconds=1)
    times = sorted(rng.uniform(0.02, 0.99) for _ in range(plan.bugs))
    chances = [(number + rng.random()) / plan.bugs for number in range(plan.bugs)]  # so that shares hold
    rng.shuffle(chances)
    reviewed_at = sittings(rng, plan)
    sums: list[int] = []
    for feature in made.features:
        sums.append((sums[-1] if sums else 0) + feature.text.weight)
    pools: dict[int, list[Report]] = {}
    found = []
    for number, share in enumerate(times):
        place = bisect(sums, rng.random() * sums[-1])
        feature = made.features[place]
        reported_at = plan.start_at + timedelta(seconds=round(length * share))
        stories = len(feature.stories)
        found.append(
            Sketch(
                id=plan.first_bug + number,
                place=place,
                story=rng.randrange(stories) if stories and rng.random() < plan.product.failing[1] else None,
                report=_drawn(rng, made, feature.text, pools.setdefault(place, [])),
                tester=tester(rng, plan.product) if rng.random() < 0.985 else None,
                reported_at=reported_at,
                fate=fate(rng, plan, reported_at, chances[number], reviewed_at),
                seed=rng.getrandbits(48),
            )
        )
    return found


def tester(rng: Random, product: DemoProduct) -> int:
    """Draw a tester of the product: few report much, many report little."""
    return (int(len(TESTERS) * rng.random() ** 2.1) + product.key * 5) % len(TESTERS)


def _drawn(rng: Random, made: Setup, text: FeatureText, pool: list[Report]) -> Report:
    """Draw a report about the feature; none twice in a test before all were used."""
    grave = [report for report in text.reports if report.severity == "critical"]
    if grave and rng.random() < _criticals(made.plan):
        return rng.choice(grave)
    if not pool:
        pool.extend(_suitable(made, text))
        rng.shuffle(pool)
        pool.sort(key=lambda report: report.language == "de")  # taken from the end: German ones come first
    return pool.pop()


def _criticals(plan: Plan) -> float:
    """Return the share of critical bugs: the shop has some, the bank had some long ago."""
    return (0.05, 0.04 if plan.age_days > 95 else 0.0, 0.02 if plan.age_days > 200 else 0.0, 0.0)[
        plan.product.key
    ]


def _suitable(made: Setup, text: FeatureText) -> list[Report]:
    """Return the reports that fit the test: few of the feature's own, so that they seldom come again."""
    german = made.language == "de"
    every, asked = _GERMAN_EVERY if german else _OWN_EVERY, made.plan.testing_type
    own = [
        report
        for place, report in enumerate(text.reports)
        if report.severity != "critical"
        and (report.language == "de") == german
        and ((made.plan.number + place) % every == 0 or report.language == "fr")
    ]
    general = everywhere().features[0].reports if text.things else text.reports
    plain = asked == "rapid"
    answers = [report for report in text.reports if report.severity == asked] * _ANSWERS
    return [one for one in (*own, *general, *answers) if not (plain and one.severity in _TYPES_OF_BUGS)]


def compose(made: Setup, sketch: Sketch, now: datetime) -> Json:
    """Write the bug in the upstream's shape, as it stands at `now`."""
    plan = made.plan
    product = plan.product
    rng = Random(sketch.seed)
    report = sketch.report
    feature = made.features[sketch.place]
    choices = {**product.text.slots, **everywhere().slots, "thing": feature.text.things or ("it",)}
    slots = {name: values[int(rng.random() * len(values))] for name, values in choices.items()}
    title, steps = _titled(rng, product, report, slots)
    details = _DETAILS_DE if report.language == "de" else _FREQUENCIES
    actual = report.actual.format_map(slots)
    if report.language != "fr" and rng.random() < 0.45 and not actual.endswith(("?", "…")):
        actual += ("" if actual.endswith((".", '"', "“")) else ".") + details[
            int(rng.random() * len(details))
        ]
    style = int(rng.random() * 6)
    known = rng.random() < (0.3 if sketch.fate.reason == "known_bug" else 0.035)
    status, auto_accepted = _status(made, sketch, now, rng.random())
    said = comments(rng, plan, sketch.linked.tester, sketch.reported_at, sketch.fate)
    said += confirmations(sketch.id, sketch.fate)
    answer: Json = {
        "id": str(sketch.id) if sketch.id % 37 == 0 else sketch.id,
        "title": title,
        "status": status,
        "auto_accepted": auto_accepted,
        "severity": _severity(rng, made, report),
        "known": known,
        "language": report.language if sketch.id % 53 else None,
        "location": _location(made, feature.text),
        "expected_result": report.expected.format_map(slots),
        "actual_result": actual,
        "steps": steps,
        "author": _author(sketch),
        "test": {"id": plan.id, "title": made.title},
        "product": {"id": product.id, "name": product.name},
        "feature": {"id": feature.id, "title": feature.text.title},
        "test_feature": {"id": made.version_id(sketch.place)},
        "devices": _devices(rng, product),
        "attachments": _attachments(sketch.id),
        "comments": [
            {"id": sketch.id * 10 + nth, "body": body, "author": {"name": who}, "created_at": stamp(at, 5)}
            for nth, (at, who, body) in enumerate(said)
            if at <= now
        ],
        "reported_at": stamp(sketch.reported_at, style),
        "exported_at": _exported(made, sketch, now, style),
        "votes": sketch.id % 4,
    }  # fmt: skip
    return _with_gaps(sketch.id, answer)


def _titled(
    rng: Random, product: DemoProduct, report: Report, slots: Mapping[str, str]
) -> tuple[str, list[str] | str]:
    title = report.title.format_map(slots)
    title = title[0].upper() + title[1:]
    steps = [step.format_map(slots) for step in report.steps]
    circumstances = product.text.circumstances.get(report.language, ())
    odds = 0.0 if report.severity in {"content", "custom"} else 0.25 if "{" in report.title else 0.85
    if circumstances and rng.random() < odds:
        suffix, step = circumstances[int(rng.random() * len(circumstances))]
        if suffix.split()[0] in title.split():  # not "after … after …"
            return title, steps
        title = f"{title} {suffix.format_map(slots)}"
        steps.insert(0, step.format_map(slots))
    if rng.random() < 0.1:
        return title, "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return title, steps


def _status(made: Setup, sketch: Sketch, now: datetime, drawn: float) -> tuple[str, bool | None]:
    fated = sketch.fate
    if fated.at is not None and fated.at <= now:
        if fated.decision == "accepted" and drawn < 0.01:
            return "Accepted ", False
        return fated.decision, False if drawn < 0.9 else None
    if made.plan.end_at + REVIEW_WINDOW <= now:
        return "accepted", True
    if now - sketch.reported_at < timedelta(hours=5):
        return "new", False
    if drawn < 0.07:
        return "requested", False
    return ("open" if drawn < 0.1 else "forwarded"), False


def _severity(rng: Random, made: Setup, report: Report) -> str | None:
    drawn = rng.random()
    if report.severity in _TYPES_OF_BUGS:
        return report.severity
    if drawn < 0.025:
        odd = _ODD_SEVERITIES[int(drawn * 40 * len(_ODD_SEVERITIES))]
        return "High " if odd == "Critical" and made.plan.product.key else odd
    if made.plan.age_days > 430 and report.severity != "critical" and drawn < 0.4:
        return "medium"
    return report.severity


def _location(made: Setup, text: FeatureText) -> str:
    url = environments_of(made.plan.product)[made.environment]["url"]
    return f"{url.rstrip('/')}{text.location}" if url and text.location.startswith("/") else text.location


def _author(sketch: Sketch) -> Json | None:
    if sketch.tester is None:
        return None
    name = TESTERS[sketch.tester]
    return {"name": name} if sketch.id % 6 == 1 else {"id": 2600 + sketch.tester, "name": name}


_devices_for = cache(devices_for)


def _devices(rng: Random, product: DemoProduct) -> list[Json]:
    devices, sums = _devices_for(product.type)
    drawn = rng.random()
    if drawn < 0.02:
        return []
    first = bisect(sums, rng.random() * sums[-1])
    if drawn < 0.12:
        return [devices[first], devices[(first + 1) % len(devices)]]
    return [devices[first]]


def _attachments(bug_id: int) -> list[Json]:
    kind = ("mp4", "png", "mp4", "txt")[bug_id % 4]
    return [
        {
            "id": bug_id * 3 + place,
            "url": signed(f"https://uploads.test-io.example/a/{bug_id}-{place}.{kind}", bug_id),
        }
        for place in range((1, 1, 2, 0, 1)[bug_id % 5])
    ]


def _exported(made: Setup, sketch: Sketch, now: datetime, style: int) -> str | None:
    if made.plan.product.key == 2 or sketch.fate.decision != "accepted" or sketch.fate.at is None:
        return None
    at = sketch.fate.at + timedelta(hours=2)
    return stamp(at, style) if at <= now else None


def _with_gaps(bug_id: int, answer: Json) -> Json:
    """Leave out or spoil what now and then is missing or odd upstream, always in the same bugs."""
    if bug_id % 29 == 4:
        answer["feature"] = None
    if bug_id % 29 == 11:
        del answer["test_feature"]
    if bug_id % 67 == 8:
        answer["feature"], answer["test_feature"] = None, None
    if bug_id % 83 == 5:
        del answer["devices"], answer["attachments"]
    if bug_id % 79 == 6:
        answer["steps"] = None
    if bug_id % 97 == 9:
        del answer["expected_result"]
    if bug_id % 61 == 7:
        answer["location"] = None
    if bug_id % 113 == 10:
        answer["reported_at"] = None
    if bug_id % 101 == 12:
        del answer["auto_accepted"], answer["known"]
    return answer
