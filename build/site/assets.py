"""Stylesheets, scripts and the favicon: names that change with the content, so no cache shows an old one."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from build.site.jinja import TEMPLATES, render
from build.site.shown_rows import OF_FEATURES
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import TREND
from quality.model.entities import SEVERITIES
from quality.periods.periods import REPORT_PERIODS
from quality.views.lists.bugs import REVIEWS, SEVERE
from quality.views.lists.counts import FILTERS_OF_TEST

STYLES = ("report.css", "narrow.css")
"""Of every page; the later one wins."""
_PLAIN_STYLES = ("filters.css", "handout.css")
_FAVICON = "favicon.svg"
_SCRIPTS = ("lists.js", "handout.js", "search.js")


@dataclass(frozen=True, slots=True)
class Assets:
    """The path of each asset inside the site, by its name in the templates, and the files."""

    paths: Mapping[str, str]
    files: tuple[tuple[str, bytes], ...]


def load_assets() -> Assets:
    """Read the site's assets."""
    folder = TEMPLATES / "assets"
    contents = {
        "report.css": _without_blanks((folder / "report.css").read_text(encoding="utf-8")),
        "narrow.css": _without_blanks(_narrow()),
        "lists.css": _without_blanks(_lists()),
        "chosen.css": _without_blanks(_chosen()),
        **{name: _without_blanks((folder / name).read_text(encoding="utf-8")) for name in _PLAIN_STYLES},
        **{name: (folder / name).read_text(encoding="utf-8") for name in _SCRIPTS},
    }
    hashed = {_hashed(name, text): text.encode() for name, text in contents.items()}
    icon = (folder / _FAVICON).read_bytes()
    paths = dict(zip(contents, hashed, strict=True))
    return Assets({**paths, _FAVICON: _FAVICON}, (*hashed.items(), (_FAVICON, icon)))


def _lists() -> str:
    """Return the stylesheet of lists: a rule for each filter, on this site or any other."""
    words = {"severity": (SEVERE, *SEVERITIES), "review": tuple(REVIEWS), "period": REPORT_PERIODS}
    return render("assets/lists.css.j2", {"words": words}).decode()


def _chosen() -> str:
    """Return the stylesheet of what links choose on other pages: a rule for each filter."""
    return render("assets/chosen.css.j2", {"of_test": FILTERS_OF_TEST, "periods": REPORT_PERIODS}).decode()


def _narrow() -> str:
    """Return what changes below the width of a desk; of two tables it has the columns' names."""
    metrics = [METRICS[key] for key in TREND]
    names = {
        "months": [one.short or one.title for one in metrics],
        "features": list(OF_FEATURES.values())[1:],
    }
    return render("assets/narrow.css.j2", names).decode()


def style(assets: Assets) -> str:
    """Return the style sheets of a report, for a page that has them in itself."""
    files = dict(assets.files)
    return "".join(files[assets.paths[name]].decode() for name in STYLES)


def _hashed(name: str, text: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"assets/{stem}.{hashlib.sha256(text.encode()).hexdigest()[:10]}.{suffix}"


def _without_blanks(css: str) -> str:
    return re.sub(r"\s*([{};,>/])\s*", r"\1", css).replace(": ", ":").replace(";}", "}").strip() + "\n"
