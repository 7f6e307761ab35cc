"""Health in words: the level of each indicator with its counts, and the reason of the worst."""

from dataclasses import dataclass

from quality.health import Assessment, Level, Thresholds, assess, worst
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Measure, measure, sentence, still_open
from quality.metrics.metric import Weights
from quality.metrics.tally import Tally
from quality.wording import listing, percent, plural


@dataclass(frozen=True, slots=True)
class Indicator:
    """One health indicator; `text` is its sentence with counts."""

    measure: Measure
    level: Level
    small_sample: bool
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """A product's health: its worst indicator that is not unknown, and why."""

    level: Level
    reason: str
    indicators: tuple[Indicator, ...]


LEVEL_WORDS: dict[Level, str] = {
    "healthy": "healthy",
    "warning": "needs attention",
    "critical": "critical",
    "unknown": "not known",
}


def health(tally: Tally, thresholds: Thresholds, weights: Weights | None = None) -> Health:
    """The health of what was counted, with one sentence for each indicator and one for the whole."""
    assessed = assess(tally, thresholds)
    indicators = tuple(
        _indicator(one, measure(one.key, tally, weights), thresholds, tally) for one in assessed
    )
    level = worst(one.level for one in assessed)
    return Health(level, _reason(level, indicators), indicators)


def limits(key: str, thresholds: Thresholds) -> tuple[str, str, str]:
    """Where an indicator is healthy, a warning and critical: `below 20.0 %`, `from 20.0 % up`, and so on."""
    warning, critical = (percent(limit) for limit in thresholds.of(key))
    if METRICS[key].better == "up":
        return f"above {warning}", f"from {warning} down", f"from {critical} down"
    return f"below {warning}", f"from {warning} up", f"from {critical} up"


def _indicator(assessed: Assessment, shown: Measure, thresholds: Thresholds, found: Tally) -> Indicator:
    metric = METRICS[assessed.key]
    if shown.value is None:
        text = f"No {plural(metric.divisor)}, so nothing to judge by."
    else:
        healthy, warning, critical = limits(assessed.key, thresholds)
        limit = {"healthy": healthy, "warning": warning, "critical": critical}[assessed.level]
        waiting = metric.suffers_from_open and assessed.level != "healthy" and found.open
        rest = f"; {still_open(found)}" if waiting else ""
        text = f"{sentence(shown)}: {LEVEL_WORDS[assessed.level]} {limit}{_doubt(assessed, shown)}{rest}."
    return Indicator(shown, assessed.level, assessed.small_sample, text)


def _doubt(assessed: Assessment, shown: Measure) -> str:
    unsure = assessed.small_sample and not shown.small_sample
    return ", but so close to a limit that more bugs may change it" if unsure else ""


def _reason(level: Level, indicators: tuple[Indicator, ...]) -> str:
    deciding = [one for one in indicators if one.level == level]
    if level == "unknown":
        return "No bugs to judge by."
    if level == "healthy":
        return f"{listing(sentence(one.measure) for one in deciding)}: all healthy."
    return " ".join(one.text for one in deciding)
