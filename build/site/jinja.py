"""The Jinja environment of the pages, and what makes text of any origin safe in them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from base.text import clean
from build.site import labels, shown_rows
from build.site.charts import figures
from quality import wording

TEMPLATES = Path(__file__).parents[2] / "templates"

_UNIT = re.compile(" %")
"""The blank before a percent sign; after a number no line may break at it."""
_OF_PAGES = frozenset({"base", "macros", "pages"})
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")


def http_url(value: str | None) -> str | None:
    """Return a URL of the upstream as it may stand in a link, or None: it is then shown as text."""
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
    """Return a language tag as it may stand in a `lang` attribute, or None."""
    return value if value and _LANGUAGE.fullmatch(value) else None


def _day(moment: datetime | date | None) -> str:
    return wording.day(moment) if moment else wording.NONE


def _shown(count: int | None) -> str:
    return wording.NONE if count is None else wording.number(count)


def render(template: str, context: Mapping[str, object]) -> bytes:
    """Render one page as UTF-8."""
    text = environment().get_template(template).render(context)
    return _UNIT.sub(_bound, clean(text)).encode()


def load_templates() -> None:
    """Compile the templates of pages now, so that processes which are forked afterwards need not."""
    pages = environment()
    for path in TEMPLATES.glob("*/*.html.j2"):
        if path.parent.name in _OF_PAGES:
            pages.get_template(f"{path.parent.name}/{path.name}")


def _bound(found: re.Match[str]) -> str:
    return "\u00a0%" if found.string[max(found.start() - 1, 0) : found.start()].isdecimal() else found[0]


@cache
def environment() -> Environment:
    """Return what templates of pages are read and rendered with."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "day": _day,
        "shown": _shown,
        "stamp": wording.stamp,
        "moment": wording.moment,
        "hour": wording.hour,
        "month": wording.month,
        "words": labels.words,
        "status": labels.status,
        "product_type": labels.product_type,
        "brief": labels.brief,
        "severity": labels.severity,
        "review": labels.review,
        "level": labels.level,
        "attachment": labels.attachment,
        "term": labels.term,
        "amount": figures.value_text,
        "http_url": http_url,
        "language": language,
    }
    made.globals |= {"figures": figures, "tables": shown_rows}
    return made
