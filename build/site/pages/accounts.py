"""The page over several accounts, above the folders of their sites."""

from collections.abc import Sequence
from pathlib import Path

from build.site.assets import STYLES, load_assets
from build.site.jinja import render
from build.site.writer import BuildReport, write_site
from quality.views.lists.accounts import AccountRow, accounts_headline, accounts_table


def write_accounts(folder: Path, rows: Sequence[AccountRow], period: str) -> BuildReport:
    """Write the page and what it needs.

    Args:
        folder: Holds a folder with the site of each account, by its name.
        rows: The accounts.
        period: What the counts are of, such as `Last 90 days`.

    Raises:
        UserError: When the folder cannot be written; an earlier page is still there.
    """
    assets = load_assets()
    context = {
        "root": "",
        "assets": assets,
        "address": lambda reference: f"{reference.id}/index.html",
        "headline": accounts_headline(rows),
        "period": period,
        "shown": accounts_table(rows),
    }
    needed = {assets.paths[name] for name in (*STYLES, "favicon.svg")}
    files = [(name, content) for name, content in assets.files if name in needed]
    return write_site(folder, [*files, ("index.html", render("pages/accounts.html.j2", context))])
