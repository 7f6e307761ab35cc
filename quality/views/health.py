"""Health in words: the level of each indicator with its counts, and the reason of the worst."""

from quality.health import Assessment, IndicatorKey, Thresholds, assess, worst
from quality.metrics.catalogue import Weights
from quality.metrics.tally import Tally
from quality.views.shapes import Health, Indicator, Level, Measure
from quality.wording import capital, listing, measure, percent, sentence

LEVEL_WORDS: dict[Level, str] = {
    "healthy": "healthy",
    "warning": "needs attention",
    "critical": "critical",
    "unknown": "not known",
}


def health(tally: Tally, thresholds: Thresholds, weights: Weights | None = None) -> Health:
    """The health of what was counted, with one sentence for each indicator and one for the whole."""
    assessed = assess(tally, thresholds)
    indicators = tuple(_indicator(one, measure(one.key, tally, weights), thresholds) for one in assessed)
    level = worst(one.level for one in assessed)
    return Health(level, _reason(level, indicators), indicators)


def limits(key: IndicatorKey, thresholds: Thresholds) -> tuple[str, str, str]:
    """What is healthy, a warning and critical for an indicator, such as `below 20.0 %`."""
    warning, critical = (percent(limit) for limit in thresholds.of(key))
    if key == "review_rate":
        return f"above {warning}", f"{warning} or less", f"{critical} or less"
    return f"below {warning}", f"{warning} or more", f"{critical} or more"


def _indicator(assessed: Assessment, shown: Measure, thresholds: Thresholds) -> Indicator:
    healthy, warning, critical = limits(assessed.key, thresholds)
    if shown.value is None:
        text = f"{_NOTHING[assessed.key]}, so nothing to judge by."
        return Indicator(shown, assessed.level, assessed.small_sample, text)
    limit = {"healthy": healthy, "warning": warning, "critical": critical}[assessed.level]
    text = f"{sentence(shown)}: {LEVEL_WORDS[assessed.level]}, which is {limit}."
    return Indicator(shown, assessed.level, assessed.small_sample, text)


def _reason(level: Level, indicators: tuple[Indicator, ...]) -> str:
    deciding = [one for one in indicators if one.level == level]
    if level == "unknown":
        return "No bugs to judge by."
    if level == "healthy":
        return f"{capital(listing(sentence(one.measure) for one in deciding))}: all healthy."
    unsure = all(one.small_sample and not one.measure.small_sample for one in deciding)
    doubt = ", though so close to the limit that more bugs may change it" if unsure else ""
    return f"{capital(listing(sentence(one.measure) for one in deciding))}: {LEVEL_WORDS[level]}{doubt}."


_NOTHING: dict[IndicatorKey, str] = {
    "rejection_rate": "No bugs",
    "auto_acceptance_rate": "No accepted bugs",
    "review_rate": "No bugs",
}
