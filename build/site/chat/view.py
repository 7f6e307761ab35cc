"""The page that a chat shows an answer in: one file, with a policy that lets nothing else in."""

import hashlib
from base64 import b64encode
from functools import cache

from markupsafe import Markup

from build.site.assets import load_assets, style
from build.site.jinja import TEMPLATES, render


@cache
def chat_view() -> str:
    """Return the page; a script of its own asks the host for the fragment, theme and links.

    Its style and script are named by their hashes, so that whatever stands in a fragment cannot run.
    """
    css = style(load_assets()) + (TEMPLATES / "assets" / "chat.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "assets" / "chat.js").read_text(encoding="utf-8")
    context = {
        "style": Markup(css),  # noqa: S704 - our own files
        "script": Markup(script),  # noqa: S704
        "policy": f"default-src 'none'; style-src '{_hashed(css)}'; script-src '{_hashed(script)}'; "
        "base-uri 'none'; form-action 'none'",
    }
    return render("chat/view.html.j2", context).decode()


def _hashed(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
