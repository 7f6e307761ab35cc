"""Names that a reader sees for the fixed values of the data model."""

from collections.abc import Mapping

from quality import wording

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
LEVEL: Mapping[str, str] = {
    "healthy": "Healthy",
    "warning": "Needs attention",
    "critical": "Critical",
    "unknown": "No data",
}
PRODUCT_TYPE: Mapping[str, str] = {
    "mobile_app_ios": "Mobile app for iOS",
    "mobile_app_android": "Mobile app for Android",
    "mobile_app_windows": "Mobile app for Windows",
}


_LONGEST_TEXT = 72


def brief(text: str) -> str:
    """The beginning of an upstream text, for a page that has to stay small."""
    return wording.flat(text, _LONGEST_TEXT) or "untitled"


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
    """`warning` → `Needs attention`."""
    return LEVEL.get(value or "", words(value))
