"""What testers of the demo's products write: features, stories and bug reports by product.

A file of `texts/` holds one product. Its lines start with:

- `@name = a | b`: the values of a slot `{name}` in the reports below
- `+language suffix | step`: a circumstance, added to a title and as a step
- `# title | section | location | how to find | weight | description`: a feature; weight 0 is never tested
- `* text`: a user story of the feature
- `~ one | another`: what the feature consists of, for the reports of `everywhere.txt`, which say {thing}
- `- severity [language] | title`, then the steps, `= expected` and `! actual`: a bug report
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A bug report with slots."""

    severity: str
    language: str
    title: str
    steps: tuple[str, ...]
    expected: str
    actual: str


@dataclass(frozen=True, slots=True, eq=False)
class FeatureText:
    """A feature with its stories, what it consists of, and the reports about it."""

    title: str
    section: str | None
    location: str
    howtofind: str
    weight: int
    description: str
    stories: tuple[str, ...]
    things: tuple[str, ...]
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ProductText:
    """All texts of one product."""

    slots: dict[str, tuple[str, ...]]
    circumstances: dict[str, list[tuple[str, str]]]
    features: tuple[FeatureText, ...]


@cache
def product_text(name: str) -> ProductText:
    """Read the texts of a product by its file's name."""
    text = files("demo.account").joinpath("texts", f"{name}.txt").read_text(encoding="utf-8")
    head, *blocks = text.split("\n# ")
    slots: dict[str, tuple[str, ...]] = {}
    circumstances: dict[str, list[tuple[str, str]]] = {}
    for line in head.splitlines():
        if line.startswith("@"):
            slot, _, values = line[1:].partition(" = ")
            slots[slot] = _parts(values)
        elif line.startswith("+"):
            language, _, rest = line[1:].partition(" ")
            suffix, step = _parts(rest)
            circumstances.setdefault(language, []).append((suffix, step))
    return ProductText(slots, circumstances, tuple(_feature(block) for block in blocks))


@cache
def everywhere() -> ProductText:
    """Read the reports that can be made of any thing of any feature: `{part} of {thing} …`."""
    return product_text("everywhere")


def _parts(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.split(" | "))


def _feature(block: str) -> FeatureText:
    first, *lines = [line.strip() for line in block.splitlines() if line.strip()]
    title, section, location, howtofind, weight, description = _parts(first)
    stories = tuple(line[2:] for line in lines if line.startswith("* "))
    things = tuple(thing for line in lines if line.startswith("~ ") for thing in _parts(line[2:]))
    starts = [number for number, line in enumerate(lines) if line.startswith("- ")]
    reports = tuple(_report(lines[start : start + 4]) for start in starts)
    return FeatureText(
        title=title,
        section=None if section == "-" else section,
        location=location,
        howtofind=howtofind,
        weight=int(weight),
        description=description,
        stories=stories,
        things=things,
        reports=reports,
    )


def _report(lines: list[str]) -> Report:
    kind, title = _parts(lines[0][2:])
    severity, _, language = kind.partition(" ")
    steps = tuple(step.strip() for step in lines[1].split("; "))
    return Report(severity, language or "en", title, steps, lines[2][2:], lines[3][2:])
