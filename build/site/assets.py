"""The stylesheet and the favicon: their names change with their content, so no cache shows an old one."""

import hashlib
import re
from dataclasses import dataclass

from build.site.jinja import TEMPLATES


@dataclass(frozen=True, slots=True)
class Assets:
    """Paths inside the site, and the files."""

    stylesheet: str
    favicon: str
    files: tuple[tuple[str, bytes], ...]


def _without_blanks(css: str) -> str:
    return re.sub(r"\s*([{};,>])\s*", r"\1", css).replace(": ", ":").replace(";}", "}").strip() + "\n"


def load_assets() -> Assets:
    """Read the site's assets."""
    css = _without_blanks((TEMPLATES / "assets" / "report.css").read_text(encoding="utf-8")).encode()
    icon = (TEMPLATES / "assets" / "favicon.svg").read_bytes()
    stylesheet = f"assets/report.{hashlib.sha256(css).hexdigest()[:10]}.css"
    return Assets(stylesheet, "favicon.svg", ((stylesheet, css), ("favicon.svg", icon)))
