"""The stylesheet and the favicon: their names change with their content, so no cache shows an old one."""

import hashlib
import re
from dataclasses import dataclass

from build.html import TEMPLATES


@dataclass(frozen=True, slots=True)
class Assets:
    """Paths inside the site, and the files."""

    stylesheet: str
    favicon: str
    files: tuple[tuple[str, bytes], ...]


def load_assets() -> Assets:
    """The site's assets."""
    css = re.sub(
        r"\s*\n\s*", "\n", (TEMPLATES / "assets" / "report.css").read_text(encoding="utf-8")
    ).encode()
    icon = (TEMPLATES / "assets" / "favicon.svg").read_bytes()
    stylesheet = f"assets/report.{hashlib.sha256(css).hexdigest()[:10]}.css"
    return Assets(stylesheet, "favicon.svg", ((stylesheet, css), ("favicon.svg", icon)))
