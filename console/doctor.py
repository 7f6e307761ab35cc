"""Whether everything that the project needs is there, said line by line."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from base.errors import UserError
from config.environment import ignored
from config.scrubbing import scrub
from config.settings import TOKEN, Settings
from config.shown import masked
from fetch.api.network import CERTIFICATES, certificates, proxy_for, proxy_variable, see_way, variable
from fetch.api.options import check_base_url, loopback
from fetch.api.ping import ping
from fetch.api.retries import ATTEMPTS_WHILE_WAITED_FOR
from snapshot.reader import open_snapshot


@dataclass(frozen=True)
class Finding:
    """One line without secrets; `fatal` when nothing can be refreshed before it is mended."""

    text: str
    good: bool = True
    fatal: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", scrub(self.text))


def settings_lines(settings: Settings) -> Iterator[str]:
    """List every setting with its value, secrets masked."""
    for name in Settings.model_fields:
        value = masked(getattr(settings, name)) or "–"
        yield f"{name.upper():34} {value}{'' if name in settings.model_fields_set else '  (default)'}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Find out what is set, what can be reached, what is there and what is missing."""
    yield from (Finding(line, good=False) for line in ignored(settings.log_level, settings.log_format))
    way = list(_environment(settings.testio_customer_api_base_url))
    yield from way
    yield from (finding for finding in _upstream(settings) if finding not in way)
    yield from (finding for finding in _elsewhere(settings) if finding not in way)
    yield Finding(f"TESTIO_SNAPSHOT_DIR leads to {masked(settings.testio_snapshot_dir.resolve())}")
    try:
        manifest = open_snapshot(settings.testio_snapshot_dir).manifest
        yield Finding(f"Snapshot {manifest.id}, {len(manifest.problems)} gaps")
    except UserError as error:
        yield Finding(str(error), good=False)
    index = settings.testio_site_dir / "index.html"
    there = index.is_file()
    yield Finding(f"Pages: {index.resolve()}" if there else "No pages yet: invoke build", good=there)


def _environment(url: str) -> Iterator[Finding]:
    """Say which variables of the environment lead the way to the API, and which of them cannot."""
    try:
        parts = urlsplit(check_base_url(url))
    except UserError as error:
        yield Finding(str(error), good=False, fatal=True)
        return
    if parts.scheme == "http":  # to this machine, without a proxy or a certificate
        return
    names = [*CERTIFICATES]
    checks: list[Callable[[], object]] = [lambda: certificates(trust_env=True)]
    if not loopback(parts.hostname or ""):
        proxies = (f"{parts.scheme}_proxy", "all_proxy", "no_proxy")
        names = [*(form for name in proxies for form in (name.upper(), name)), *names]
        checks.insert(0, lambda: proxy_for(url))
    for name in names:
        if value := variable(name):
            yield Finding(f"{name} is {masked(value)}")
    if len(checks) > 1 and (through := proxy_variable(url)):
        yield Finding(f"The way to {parts.hostname} leads through the proxy that {through} names")
    for check in checks:
        try:
            check()
        except UserError as error:
            yield Finding(str(error), good=False, fatal=True)


def _elsewhere(settings: Settings) -> Iterator[Finding]:
    """Say whether the place of snapshots, and the keys that sign tokens, can be reached."""
    try:
        if (place := settings.testio_snapshot_url) is not None:
            from snapshot.remote import published_there

            see_way(place)
            version = published_there(settings.place_of(place)) or "nothing"
            yield Finding(f"In the place that TESTIO_SNAPSHOT_URL names, {version} is published")
        keys = settings.testio_jwt_keys or ""
        if keys.startswith("https://"):
            from fetch.api.jwks import see_jwks

            count = asyncio.run(see_jwks(keys))
            yield Finding(f"TESTIO_JWT_KEYS lists {count} keys", good=count > 0)
    except UserError as error:
        yield Finding(str(error), good=False)


def _upstream(settings: Settings) -> Iterator[Finding]:
    try:
        token, source = settings.token()
        if token is None:
            where = f"Set {TOKEN} in the environment or in {settings.source}, or try: invoke demo"
            yield Finding(f"No token. {where}", good=False, fatal=True)
            return
        yield Finding(f"Token {masked(token)} from the {source}")
        seconds, products = asyncio.run(ping(replace(settings.client, attempts=ATTEMPTS_WHILE_WAITED_FOR)))
        yield Finding(f"The API answers in {seconds * 1000:.0f} ms and lists {products} products")
    except UserError as error:
        yield Finding(str(error), good=False, fatal=True)
