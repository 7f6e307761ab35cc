"""Build the pages of an account: once, or again whenever what they are made of changes."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from base.errors import UserError
from build.everything import Built, build_everything
from build.site.page import SiteOptions
from config.settings import Settings
from console import context_lines
from console.published import context_place
from console.run import complain, say
from context_files.load import load_context
from quality.wording import counted
from snapshot.reader import open_snapshot
from snapshot.versions import publishes

_TICK = 200
"""Milliseconds until the first build: by then what changes meanwhile is seen."""


def site_options(settings: Settings) -> SiteOptions:
    """Return what the settings say of the site."""
    return SiteOptions(
        settings.quality,
        settings.testio_site_base_url,
        settings.testio_customer_name,
        settings.testio_site_indexable,
        settings.testio_site_internal_notes,
        settings.testio_web_url,
        settings.testio_hide_names,
    )


def build(settings: Settings, *, accept_loss: bool = False) -> int:
    """Build index and pages, and say what was written; see `build_everything`."""
    built, took = _built(settings, accept_loss=accept_loss)
    index, pages = built.index, built.pages
    say(
        (
            f"Index: {index.added} added, {index.deleted} deleted, {index.unchanged} unchanged.",
            f"Pages: {pages.written} written, {pages.removed} removed, {pages.unchanged} unchanged.",
            f"Built in {took:.1f} s. Open {(settings.testio_site_dir / 'index.html').resolve()}",
        )
    )
    return 0


def watch(settings: Settings, *, accept_loss: bool = False) -> int:
    """Build, and again whenever snapshot, context files or templates change, until ^C; a line for each."""
    from build.site.jinja import TEMPLATES
    from build.site.site import forget_templates

    root = settings.testio_snapshot_dir
    context = context_place(settings, open_snapshot(root))

    def again() -> None:
        forget_templates()
        try:
            built, took = _built(settings, accept_loss=accept_loss)
        except UserError as error:
            complain(error)
            return
        pages = built.pages
        say([f"Built in {took:.1f} s: {counted(pages.written, 'page')} written, {pages.removed} removed."])

    say([f"Watching {root.resolve()} and {context.resolve()}; ^C ends it."])
    keep_building(root, (context, TEMPLATES), again)
    return 0


def keep_building(root: Path, folders: Iterable[Path], again: Callable[[], None]) -> None:
    """Build, and again whenever a version is published or a file of a folder changes, until ^C.

    What changes during a build is built after it.

    Args:
        root: The snapshot folder.
        folders: The others that pages are made of; one that is not there is left out.
        again: Makes what changed.
    """
    import watchfiles

    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it tells each change
    root, inside = root.resolve(), [folder.resolve() for folder in folders if folder.is_dir()]

    def matters(_: object, path: str) -> bool:
        place = Path(path)
        return publishes(root, place) or any(place.is_relative_to(folder) for folder in inside)

    waiting = True
    with suppress(KeyboardInterrupt):
        for changed in watchfiles.watch(
            root, *inside, watch_filter=matters, rust_timeout=_TICK, yield_on_timeout=True
        ):
            if changed or waiting:
                again()
                waiting = False


def _built(settings: Settings, *, accept_loss: bool) -> tuple[Built, float]:
    """Build, and return what that did and how many seconds it took."""
    began = time.perf_counter()
    root, site = settings.testio_snapshot_dir, settings.testio_site_dir
    context = load_context(context_place(settings, open_snapshot(root)))
    built = build_everything(root, site, site_options(settings), context=context, accept_loss=accept_loss)
    say(context_lines.left_out(context))
    return built, time.perf_counter() - began
