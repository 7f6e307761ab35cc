"""Whether everything that the project needs is there, said line by line."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from base.errors import UserError
from config.environment import ignored
from config.settings import TOKEN, Settings
from config.shown import masked
from fetch.api.network import CERTIFICATES, certificates, proxy_for, proxy_variable
from fetch.api.options import loopback
from fetch.api.ping import ping
from snapshot.reader import open_snapshot


@dataclass(frozen=True)
class Finding:
    """One line; `fatal` when nothing can be refreshed before it is mended."""

    text: str
    good: bool = True
    fatal: bool = False


def settings_lines(settings: Settings) -> Iterator[str]:
    """List every setting with its value, secrets masked."""
    for name in Settings.model_fields:
        value = masked(getattr(settings, name)) or "–"
        yield f"{name.upper():34} {value}{'' if name in settings.model_fields_set else '  (default)'}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Find out what is set, what can be reached, what is there and what is missing."""
    yield from (Finding(line, good=False) for line in ignored(settings.log_level, settings.log_format))
    yield from _environment(settings)
    yield from _upstream(settings)
    try:
        manifest = open_snapshot(settings.testio_snapshot_dir).manifest
        yield Finding(f"Snapshot {manifest.id}, {len(manifest.problems)} gaps")
    except UserError as error:
        yield Finding(str(error), good=False)
    index = settings.testio_site_dir / "index.html"
    there = index.is_file()
    yield Finding(f"Pages: {index.resolve()}" if there else "No pages yet: invoke build", good=there)


def _environment(settings: Settings) -> Iterator[Finding]:
    """Say which variables of the environment lead the way to the API, and which of them cannot."""
    url = settings.testio_customer_api_base_url
    if loopback(urlsplit(url).hostname or ""):
        return
    if found := proxy_variable(urlsplit(url).scheme):
        yield Finding(f"{found} is {masked(os.environ[found].strip())}")
    for name in ("NO_PROXY", "no_proxy", *CERTIFICATES):
        if os.environ.get(name):
            yield Finding(f"{name} is {masked(os.environ[name])}")
    for check in (lambda: proxy_for(url), lambda: certificates(trust_env=True)):
        try:
            check()
        except UserError as error:
            yield Finding(str(error), good=False, fatal=True)


def _upstream(settings: Settings) -> Iterator[Finding]:
    try:
        token, source = settings.token()
        if token is None:
            where = f"Set {TOKEN} in the environment or in {settings.source}, or try: invoke demo"
            yield Finding(f"No token. {where}", good=False, fatal=True)
            return
        yield Finding(f"Token {masked(token)} from the {source}")
        seconds, products = asyncio.run(ping(settings.client))
        yield Finding(f"The API answers in {seconds * 1000:.0f} ms and lists {products} products")
    except UserError as error:
        yield Finding(str(error), good=False, fatal=True)
