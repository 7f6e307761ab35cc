"""API keys of the server on the network: a file of salted digests, never of keys.

A key is 256 random bits, so a digest that is quick to compute cannot be tried out; the salt keeps two files
from being compared. The file is read again whenever it changed: a revoked key is refused at once.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from base import folders
from base.bounds import KEYS_BYTES
from base.errors import InvalidInput, NotFound, Unavailable

PREFIX = "tio"
_KEY = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
_SCOPE = re.compile(r"read|sync|account:[a-z0-9][a-z0-9-]{0,39}|product:[1-9][0-9]{0,17}")
_NAME = re.compile(r"[\w .@+-]{1,80}")


@dataclass(frozen=True)
class Key:
    """A key as it is kept.

    Attributes:
        id: What a person, a log and a revocation call it.
        name: Whose it is.
        scopes: `read`, `sync`, `account:<name>`, `product:<id>`.
        salt: Hex.
        digest: SHA-256 of salt and secret, hex.
        created: When, in ISO 8601.
        expires: From when on it is refused; None is never.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    salt: str
    digest: str
    created: str
    expires: str | None = None

    def live(self, now: datetime) -> bool:
        """Return whether the key has not expired."""
        return self.expires is None or now < datetime.fromisoformat(self.expires)


def scopes_of(text: str) -> tuple[str, ...]:
    """Read scopes as people write them: `read, product:598`.

    Raises:
        InvalidInput: Naming what is no scope.
    """
    words = tuple(dict.fromkeys(re.split(r"[\s,;]+", text.strip()))) if text.strip() else ()
    for word in words:
        if not _SCOPE.fullmatch(word):
            raise InvalidInput(
                f"{word[:80]!r} is not a scope.",
                "Scopes are read, sync, account:<name> and product:<id>.",
                "For example: --scopes read,product:598",
            )
    if not {"read", "sync"} & set(words):
        raise InvalidInput(
            "The scopes allow nothing.", "read lets a key read, sync lets it refresh.", "Add read."
        )
    return words


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read the keys of a file; none when there is no file.

    Raises:
        Unavailable: When the file cannot be read or is damaged.
    """
    try:
        with folders.holding(path.parent) as folder:
            raw = json.loads(folders.read(folder, path.name, KEYS_BYTES))
        return tuple(_key(one) for one in raw["keys"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{error.strerror}." if isinstance(error, OSError) else "It is not a file of keys."
        raise Unavailable(f"{path} cannot be read.", why, "Restore it, or move it away.") from None


def add_key(path: Path, name: str, scopes: Sequence[str], expires: datetime | None = None) -> tuple[Key, str]:
    """Make a key, and return it with the text that its owner sends: it is kept nowhere.

    Raises:
        InvalidInput: For a name that cannot stand in a line.
        Unavailable: When the file cannot be read or written.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:80]!r} is not a name.",
            "It is of letters, digits, blanks and .@+-_.",
            "Say whose key it is.",
        )
    secret, salt = secrets.token_urlsafe(32), secrets.token_hex(16)
    now = datetime.now(UTC).replace(microsecond=0)
    until = expires.isoformat() if expires else None
    key = Key(secrets.token_hex(6), name, tuple(scopes), salt, _digest(salt, secret), now.isoformat(), until)
    _write(path, (*read_keys(path), key))
    return key, f"{PREFIX}_{key.id}_{secret}"


def revoke_key(path: Path, id_or_name: str) -> tuple[Key, ...]:
    """Remove the key of an id, or the keys of a name, and return them.

    Raises:
        NotFound: When there is none.
        Unavailable: When the file cannot be read or written.
    """
    keys = read_keys(path)
    gone = tuple(key for key in keys if id_or_name in {key.id, key.name})
    if not gone:
        raise NotFound(f"There is no key {id_or_name[:80]!r}.", "", "List them: invoke keys list")
    _write(path, tuple(key for key in keys if key not in gone))
    return gone


def found_key(keys: Sequence[Key], text: str, now: datetime) -> Key | None:
    """Return the live key of which this is the text; None when there is none."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    key = next((key for key in keys if key.id == match[1]), None)
    if key is None or not hmac.compare_digest(_digest(key.salt, match[2]), key.digest) or not key.live(now):
        return None
    return key


def _digest(salt: str, secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + secret.encode()).hexdigest()


def _key(raw: dict[str, Any]) -> Key:
    key = Key(**{**raw, "scopes": tuple(raw["scopes"])})
    if key.expires is not None:
        datetime.fromisoformat(key.expires)
    bytes.fromhex(key.salt)
    return key


def _write(path: Path, keys: Sequence[Key]) -> None:
    content = json.dumps({"keys": [asdict(key) for key in keys]}, indent=2).encode() + b"\n"
    try:
        with folders.private(path) as file:
            file.write(content)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written.", f"{error.strerror}.", "Fix its permissions."
        ) from None
