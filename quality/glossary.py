"""The words that readers of pages meet; those that are counted say what the catalogue does."""

from dataclasses import dataclass

from quality.deadlines import REVIEW_DAYS
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import EXPLAINED
from quality.metrics.rates import SMALL_SAMPLE


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the glossary; `key` is the metric that counts it, and empty for any other word."""

    word: str
    text: str
    key: str = ""


_UNCOUNTED = (
    Entry("Accepted", "By a person who reviewed the bug, unless it says auto-accepted."),
    Entry(
        "Auto-accepted",
        f"Accepted because nobody reviewed the bug within {REVIEW_DAYS} days after the end of its test.",
    ),
    Entry("Rejected", "By a person who reviewed the bug; the standard comment of the review says why."),
    Entry(
        "Act now, watch, fine",
        "The levels of a verdict, a finding or one of their signals. The about page has their limits.",
    ),
    Entry("Verdict", "What a product or test gets twice, each with its reason: product and review."),
    Entry("Finding", "What to say first in a meeting: one cause, its evidence and one action."),
    Entry(
        "Before",
        "The period before, with as many days; of whole months or a quarter, as many months. Of a release,"
        " the release before.",
    ),
    Entry(
        "So far",
        "It can still change: numbers of a period that runs, and rates where more than a fifth of the bugs is"
        " open. It is never called a change.",
    ),
    Entry(
        "More than chance",
        "Chance alone would make such a difference less often than once in a hundred times. A smaller one is"
        " not called a change.",
    ),
    Entry(
        "Too few to judge",
        f"Under {SMALL_SAMPLE} decided bugs: there is no level, no colour and no change.",
    ),
    Entry(
        "Small number",
        f"A share of fewer than {SMALL_SAMPLE} says little: the counts stand alone, in grey.",
    ),
    Entry(
        "Found again",
        "Much like a bug of an earlier test of the product that was accepted or rejected. Two rejected ones"
        " agree, and are left out.",
    ),
    Entry(
        "Settled bug",
        "A critical bug whose fix was confirmed, or that the team calls fixed or a risk that it accepts. It"
        " weighs on no verdict.",
    ),
    Entry("Not tested", "No executed test had it; 0 says that it was tested and nothing found."),
    Entry(
        "Gap",
        "Something that could not be fetched: it is missing from the numbers, or counted as an older copy.",
    ),
    Entry("Snapshot", "All data as they were at one moment. Every page of a build is made of the same."),
)


def glossary() -> tuple[Entry, ...]:
    """Return all words by their alphabet."""
    counted = (Entry(METRICS[key].title, METRICS[key].help, key) for key in EXPLAINED)
    return tuple(sorted((*_UNCOUNTED, *counted), key=lambda one: one.word.casefold()))
