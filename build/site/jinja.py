"""The Jinja environment of the pages, and what makes text of any origin safe in them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from build.site import labels, tables
from build.site.charts import figures
from quality import wording

TEMPLATES = Path(__file__).parents[2] / "templates"

_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
_NO_CHARACTERS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_UNFIT = re.compile(
    rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NO_CHARACTERS}{_BIDI_CONTROLS}]"
)
_UNIT = re.compile(r"(?<=\d) (?=%)")
"""The blank between a number and its percent sign, at which no line may break."""
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")


def clean(text: str) -> str:
    """Drop what no HTML or Markdown file may hold, and what turns the direction of the text around it."""
    return _UNFIT.sub("", text)


def http_url(value: str | None) -> str | None:
    """A URL of the upstream as it may stand in a link, or None: it is then shown as text."""
    text = (value or "").strip()
    if not text or any(character.isspace() or not character.isprintable() for character in text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or not re.fullmatch(r"[\w.-]+", host):
        return None
    before, mark, fragment = text.partition("#")
    safe = quote(before, safe="%/:?@!$&'()*+,;=~-._") + mark + quote(fragment, safe="%/:?@!$&'()*+,;=~-._")
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", safe)


def language(value: str | None) -> str | None:
    """A language tag as it may stand in a `lang` attribute, or None."""
    return value if value and _LANGUAGE.fullmatch(value) else None


def _day(moment: datetime | date | None) -> str:
    return wording.day(moment) if moment else wording.NONE


def _shown(count: int | None) -> str:
    return wording.NONE if count is None else wording.number(count)


def render(template: str, context: Mapping[str, object]) -> bytes:
    """One page as UTF-8."""
    text = _environment().get_template(template).render(context)
    return _UNIT.sub("\u00a0", clean(text)).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "day": _day,
        "shown": _shown,
        "stamp": wording.stamp,
        "month": wording.month,
        "words": labels.words,
        "product_type": labels.product_type,
        "brief": labels.brief,
        "severity": labels.severity,
        "review": labels.review,
        "level": labels.level,
        "term": labels.term,
        "amount": figures.value_text,
        "http_url": http_url,
        "language": language,
    }
    environment.globals |= {"figures": figures, "tables": tables}
    return environment
