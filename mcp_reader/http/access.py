"""Who calls: API keys and JSON web tokens, verified alike for MCP, REST and pages."""

import os
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastmcp.server.auth import AuthProvider, RemoteAuthProvider, TokenVerifier
from fastmcp.server.auth.auth import AccessToken
from fastmcp.server.auth.providers.jwt import JWTVerifier
from pydantic import AnyHttpUrl
from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from base.bounds import SETTINGS_BYTES
from base.errors import InvalidInput
from config.keys import PREFIX, Key, found_key, read_keys
from config.settings import Settings
from config.small_files import small_file
from fetch.api.jwks import JwksClient

SCOPES = ["read", "sync"]


def provider_of(settings: Settings) -> AuthProvider | None:
    """Return what verifies callers; None when neither a key nor an issuer of tokens is set up.

    Raises:
        InvalidInput: When a setting of the tokens is missing or cannot be used.
        Unavailable: When the file of keys cannot be read.
    """
    tokens = _tokens(settings)
    path = settings.testio_keys_file
    if tokens is None and not read_keys(path):
        return None
    verifier = Verifier(path, tokens, settings.testio_public_url)
    if tokens is None or settings.testio_public_url is None or settings.testio_jwt_issuer is None:
        return verifier
    issuer = AnyHttpUrl(settings.testio_jwt_issuer)
    return RemoteAuthProvider(
        verifier,
        [issuer],
        settings.testio_public_url,
        scopes_supported=SCOPES,
        resource_name="Test IO reports",
    )


class Verifier(TokenVerifier):
    """Verifies a key by its file, and any other token as a JSON web token."""

    def __init__(self, path: Path, tokens: JWTVerifier | None, base_url: str | None) -> None:
        super().__init__(base_url=base_url)
        self._path = path
        self._tokens = tokens
        self._keys: tuple[Key, ...] = ()
        self._read_at: tuple[int, int, int] | None = None

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return what a token stands for; None when it is not known, expired or for somebody else."""
        if token.startswith(f"{PREFIX}_"):
            key = found_key(self._current(), token, datetime.now(UTC))
            if key is None:
                return None
            return AccessToken(token=token, client_id=key.id, scopes=list(key.scopes), subject=key.name)
        return None if self._tokens is None else await self._tokens.verify_token(token)

    def _current(self) -> tuple[Key, ...]:
        """Return the keys, read again when the file is another one."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - one call of some microseconds
        except OSError:
            return ()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp != self._read_at:
            self._keys, self._read_at = read_keys(self._path), stamp
        return self._keys


def as_bearer(scope: Scope) -> None:
    """Take a key also as `X-API-Key`, and as the password that a browser asks its user for."""
    headers = MutableHeaders(scope=scope)
    key = headers.get("x-api-key")
    kind, _, rest = headers.get("authorization", "").partition(" ")
    if key and not kind:
        headers["authorization"] = f"Bearer {key.strip()}"
    elif kind.lower() == "basic":
        try:
            _user, _, password = b64decode(rest.strip(), validate=True).decode().partition(":")
        except ValueError:
            return
        headers["authorization"] = f"Bearer {password}"


def _tokens(settings: Settings) -> JWTVerifier | None:
    """Return what verifies JSON web tokens; issuer and audience are required, or any signed token passed."""
    where = settings.testio_jwt_keys
    if where is None:
        return None
    for name in ("testio_jwt_issuer", "testio_jwt_audience"):
        if getattr(settings, name) is None:
            raise InvalidInput(
                f"{name.upper()} is not set.",
                "TESTIO_JWT_KEYS is, and without it a token for another service would be let in.",
                "Set it to what your tokens name.",
            )
    options: dict[str, Any] = {
        "issuer": settings.testio_jwt_issuer,
        "audience": settings.testio_jwt_audience,
        "algorithm": settings.testio_jwt_algorithm,
    }
    try:
        if where.startswith("https://"):
            return JWTVerifier(jwks_uri=where, http_client=JwksClient(where), **options)
        if settings.testio_jwt_algorithm.startswith("HS"):
            raise ValueError("a shared secret is not a public key")  # noqa: TRY301 - said like the library's
        return JWTVerifier(public_key=small_file(Path(where), SETTINGS_BYTES)[0].decode(), **options)
    except (OSError, ValueError) as error:
        why = (error.strerror or "") if isinstance(error, OSError) else str(error)
        raise InvalidInput(
            "TESTIO_JWT_KEYS or TESTIO_JWT_ALGORITHM cannot be used.", f"{why}.", "See .env.example."
        ) from None
