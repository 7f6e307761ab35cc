"""Names that a reader sees for the fixed values of the data model."""

from collections.abc import Callable, Mapping

from base.text import shorten
from quality import wording
from quality.verdicts import LEVEL_WORDS
from quality.views.table import Term
from quality.wording import capital, state

SEVERITY: Mapping[str, str] = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "visual": "Visual",
    "content": "Content",
    "custom": "Custom",
    "unknown": "Unknown",
}
REVIEW: Mapping[str, str] = {
    "active_accepted": "Accepted",
    "auto_accepted": "Auto-accepted",
    "rejected": "Rejected",
    "open": "Open",
}
LEVEL: Mapping[str, str] = {level: wording.capital(words) for level, words in LEVEL_WORDS.items()}
PRODUCT_TYPE: Mapping[str, str] = {
    "mobile_app_ios": "Mobile app for iOS",
    "mobile_app_android": "Mobile app for Android",
    "mobile_app_windows": "Mobile app for Windows",
}


_LONGEST_TEXT = 72


def brief(text: str, width: int | None = _LONGEST_TEXT) -> str:
    """Return the beginning of an upstream text, for a page that has to stay small; all without a width."""
    return text if width is None else shorten(text, width) or "untitled"


def words(value: str | None) -> str:
    """`customer_finalized` → `Customer finalized`; `–` for None."""
    if not value:
        return "–"
    text = value.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def product_type(value: str | None) -> str:
    """`mobile_app_ios` → `Mobile app for iOS`."""
    return PRODUCT_TYPE.get(value or "", words(value))


def severity(value: str | None) -> str:
    """`low` → `Low`."""
    return SEVERITY.get(value or "", words(value))


def review(value: str | None) -> str:
    """`active_accepted` → `Accepted`."""
    return REVIEW.get(value or "", words(value))


def level(value: str | None) -> str:
    """`act_now` → `Act now`."""
    return LEVEL.get(value or "", words(value))


def status(value: str | None) -> str:
    """`customer_finalized` → `Set-up handed in`."""
    return capital(state(value))


def attachment(url: str) -> str:
    """`https://…/a.mp4` → `Video`; the type as its name tells it, as nothing is fetched."""
    ending = url.rpartition("/")[2].rpartition(".")[2].lower()
    return next((kind for kind, endings in _ATTACHMENTS.items() if ending in endings), "File")


def term(value: Term) -> str:
    """Return the name of a table's fixed value."""
    return _TERMS.get(value.of, words)(value.value)


_ATTACHMENTS: Mapping[str, frozenset[str]] = {
    "Picture": frozenset({"png", "jpg", "jpeg", "gif", "webp", "heic", "bmp", "svg"}),
    "Video": frozenset({"mp4", "mov", "webm", "avi", "mkv", "m4v", "3gp"}),
    "Sound": frozenset({"mp3", "m4a", "wav", "ogg"}),
    "Text": frozenset({"txt", "log", "csv", "json", "xml", "har"}),
    "Document": frozenset({"pdf", "doc", "docx", "xls", "xlsx"}),
    "Archive": frozenset({"zip", "gz", "7z", "rar"}),
}
_TERMS: Mapping[str, Callable[[str | None], str]] = {
    "severity": severity,
    "review": review,
    "level": level,
    "product_type": product_type,
    "status": status,
}
