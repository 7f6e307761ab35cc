"""What was probably meant when nothing matches."""

from collections.abc import Callable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_LEAST_LIKENESS = 0.7
_SHORTEST = 3
_CANDIDATES = 5


def corrected(words: Sequence[str], vocabulary: Sequence[str], frequency: Callable[[str], int]) -> str | None:
    """Return the words with those that nothing has replaced by the likest ones of the vocabulary.

    Args:
        words: What was looked for, folded.
        vocabulary: The words of the titles.
        frequency: In how many rows a word is; 0 for one to replace.

    Returns:
        The new query; None when no word was replaced or one has no likeness.
    """
    found = [word if frequency(word) else _likest(word, vocabulary, frequency) for word in words]
    known = [word for word in found if word is not None]
    return " ".join(known) if len(known) == len(found) and known != list(words) else None


def _likest(word: str, vocabulary: Sequence[str], frequency: Callable[[str], int]) -> str | None:
    if len(word) < _SHORTEST or word.isdigit():
        return None
    candidates = process.extract(
        word,
        vocabulary,
        scorer=OSA.normalized_similarity,
        processor=None,
        limit=_CANDIDATES,
        score_cutoff=_LEAST_LIKENESS,
    )
    return max(candidates, key=lambda found: (found[1], frequency(found[0])))[0] if candidates else None
