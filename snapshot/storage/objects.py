"""A snapshot folder in another place: an object store, a web server or a shared folder, under the same names.

An object store writes an object as a whole or not at all. What moves a name, the pointer and a manifest, is
written on a condition: that nobody else wrote it meanwhile.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from base.bounds import MANIFEST_BYTES
from snapshot.errors import Refused, StoreFailed
from snapshot.storage import files
from snapshot.storage.lock import writing

if TYPE_CHECKING:
    from obstore.store import ObjectStore

BUCKETS = ("s3", "gs", "az")
_CREDENTIALS = {
    "s3": "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given.",
    "gs": "Set GOOGLE_APPLICATION_CREDENTIALS, or run where an account is given.",
    "az": "Set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or run where an identity is given.",
}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_STATUS = re.compile(r"status code: (\d{3}(?: [A-Za-z ]+)?)")
_UNTRUSTED = re.compile(r"InvalidCertificate\(\s*(\w+)")
_AUTHORITY = (
    "If a private authority (CA) signs it, name a PEM file with the authority's certificate in SSL_CERT_FILE."
)
_PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_TIMES = {"connect_timeout": "10s", "read_timeout": "60s", "timeout": "10m"}
_TRIES = 4


@dataclass(frozen=True)
class Stored:
    """An object as it was read.

    Attributes:
        content: Its bytes.
        tag: What a write on the condition that it is unchanged names.
    """

    content: bytes
    tag: Mapping[str, str] = field(default_factory=dict)


class Objects(Protocol):
    """Objects by their names, such as `versions/<id>/manifest.json`."""

    @property
    def shown(self) -> str:
        """Return where they are, for a person."""

    def read(self, name: str, limit: int) -> Stored | None:
        """Return an object of at most `limit` bytes, or None when there is none."""

    def size(self, name: str) -> int | None:
        """Return the bytes of an object, or None when there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Write an object, replacing one of that name."""

    def replace(self, name: str, content: bytes, before: Stored | None) -> bool:
        """Write an object if it is still as it was read (None: not there), and return whether it was."""


@contextmanager
def opened_objects(url: str, *, to_write: bool = False) -> Iterator[Objects]:
    """Open the place that a URL names; a folder is locked for as long as it is written.

    Args:
        url: `s3://`, `gs://` or `az://` with bucket and prefix, `file://`, or `https://` for reading.
        to_write: Whether anything is to be written.

    Raises:
        Refused: for another URL, one that holds credentials, and when obstore is not installed.
        Locked: when another writer is at work in the folder.
    """
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Refused(
            f"{shown} was given with credentials, a query or a fragment.",
            "Logs and lists of processes would show them.",
            _CREDENTIALS.get(parts.scheme, "Name the folder alone."),
        )
    if parts.scheme == "file":
        root = Path(unquote(parts.path))
        if not to_write:
            yield _Folder(root, shown)
            return
        with writing(root, "push"):
            yield _Folder(root, shown)
    elif parts.scheme in BUCKETS and parts.hostname:
        yield _Bucket(_store(url, shown, parts.scheme), shown, _CREDENTIALS[parts.scheme])
    elif not to_write and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    ):
        yield _Bucket(_store(url, shown, parts.scheme), shown, "Name a folder that everybody here may read.")
    else:
        only = " https:// can only be pulled from." if parts.scheme in {"http", "https"} and to_write else ""
        raise Refused(
            f"{shown!r} is not a place to {'push to' if to_write else 'pull from'}.{only}",
            "",
            "For example: s3://bucket/reports, gs://bucket/reports, az://container/reports, file:///mnt/share"
            + ("." if to_write else ", https://reports.example.com/snapshots."),
        )


def _store(url: str, shown: str, scheme: str) -> "ObjectStore":
    """Return the store of a URL; its credentials are those of the environment."""
    try:
        from obstore.store import from_url
    except ImportError:
        raise Refused(
            f"{shown} needs a library that is not installed.",
            "Object stores are an extra of this package.",
            "Install it: uv sync --extra s3, or pip install 'testio-reports[s3]'.",
        ) from None
    in_the_clear = scheme == "http" or os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
    options: Any = {**_TIMES, "allow_http": in_the_clear}
    with _explained(shown, ""):
        return from_url(url, client_options=options, retry_config={"max_retries": _TRIES})


class _Bucket:
    """Objects of a store, or files of a web server."""

    def __init__(self, store: "ObjectStore", shown: str, hint: str) -> None:
        self._store = store
        self._hint = hint
        self.shown = shown

    def read(self, name: str, limit: int) -> Stored | None:
        import obstore

        try:
            with _explained(f"{self.shown}/{name}", self._hint):
                found = obstore.get(self._store, name)
                _see_small(name, found.meta["size"], limit)
                content = bytearray()
                for piece in found:
                    content += piece
                    _see_small(name, len(content), limit)
        except FileNotFoundError:
            return None
        tag = {key: str(found.meta[key]) for key in ("e_tag", "version") if found.meta.get(key)}
        return Stored(bytes(content), tag)

    def size(self, name: str) -> int | None:
        import obstore

        try:
            with _explained(f"{self.shown}/{name}", self._hint):
                return int(obstore.head(self._store, name)["size"])
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        import obstore

        with self._writing(name):
            obstore.put(self._store, name, content)

    def replace(self, name: str, content: bytes, before: Stored | None) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if before is None else dict(before.tag)
        try:
            with self._writing(name):
                obstore.put(self._store, name, content, mode=mode)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        try:
            with _explained(f"{self.shown}/{name}", self._hint):
                yield
        except FileNotFoundError:
            raise StoreFailed(
                f"{self.shown} could not be written.", "There is no such bucket.", "Correct the URL."
            ) from None


class _Folder:
    """Files of a folder, which a person may have mounted from elsewhere."""

    def __init__(self, root: Path, shown: str) -> None:
        self._root = root
        self.shown = shown

    def read(self, name: str, limit: int) -> Stored | None:
        try:
            return Stored(files.read(self._root / name, self._root, limit=limit))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreFailed(f"{self.shown}/{name} could not be read.", f"{error.strerror}.") from None

    def size(self, name: str) -> int | None:
        try:
            return (self._root / name).lstat().st_size
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        files.write_atomically(self._root / name, content)

    def replace(self, name: str, content: bytes, before: Stored | None) -> bool:
        if self.read(name, MANIFEST_BYTES) != before:
            return False
        self.write(name, content)
        return True


def _see_small(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise Refused(f"{name} has more than {limit:,} bytes.", "More are not read.")


@contextmanager
def _explained(shown: str, hint: str) -> Iterator[None]:
    """Say in words what the library met; its own texts show requests, and go over many lines."""
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

    try:
        yield
    except (FileNotFoundError, AlreadyExistsError, PreconditionError):
        raise
    except (BaseError, ValueError) as error:
        status = _STATUS.search(str(error))
        if untrusted := _UNTRUSTED.search(str(error)):
            why = f"Its certificate is not trusted ({untrusted[1]})."
            raise StoreFailed(f"{shown} could not be read or written.", why, _AUTHORITY) from None
        denied = type(error).__name__ in {"PermissionDeniedError", "UnauthenticatedError"}
        through = next((name for name in _PROXY_VARIABLES if os.environ.get(name)), None)
        by = f", maybe for the proxy that {through} names" if through else ""
        why = (
            f"It answered {status[1].strip()}."
            if status
            else f"It could not be reached{by}, or gave no answer."
        )
        raise StoreFailed(
            f"{shown} could not be read or written.",
            "Access was refused." if denied and not status else why,
            hint if denied or not status else "Try again later.",
        ) from None
