"""What a caller may do: let in with credentials that reach so far, as often as is fair."""

import math
from collections import OrderedDict
from collections.abc import Sequence

from fastmcp.server.middleware.rate_limiting import TokenBucketRateLimiter
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_reader.grants import grant_of
from mcp_reader.http.door import called
from mcp_reader.http.problems import problem

OPEN = ("/healthz", "/readyz", "/.well-known/")
MOST_CALLERS = 10_000


class Gate:
    """Stands inside the authentication: everything but probes and metadata needs credentials.

    Args:
        app: What answers.
        accounts: Whose data it answers from; the only one of an installation is None.
        secured: Whether callers need credentials.
        per_minute: Requests of one caller; a quiet caller may make so many at once.
    """

    def __init__(
        self, app: ASGIApp, accounts: Sequence[str | None], *, secured: bool, per_minute: int
    ) -> None:
        self._app = app
        self._accounts = tuple(accounts)
        self._secured = secured
        self._per_minute = per_minute
        self._limiters: OrderedDict[str, TokenBucketRateLimiter] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] != "http" or scope["path"].startswith(OPEN):
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        user = scope.get("user")
        caller = user.access_token if isinstance(user, AuthenticatedUser) else None
        name = caller.client_id if caller else (scope.get("client") or ("",))[0]
        called(scope, caller=name if caller else "anonymous")
        if len(self._accounts) == 1:
            called(scope, account=self._accounts[0] or "default")
        if (wait := await self._wait(f"{'key' if caller else 'host'}:{name}")) is not None:
            return problem(
                429,
                "TOO_MANY_REQUESTS",
                "Too many requests.",
                f"A caller may make {self._per_minute} a minute.",
                f"Try again in {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        if not self._secured:
            return None
        if caller is None:
            return _unknown(scope)
        grant = grant_of(caller.scopes)
        if grant.products is not None:
            called(scope, products=",".join(map(str, sorted(grant.products))))
        if grant.among(self._accounts):
            return None
        named = self._accounts[0] or "default" if len(self._accounts) == 1 else "NAME"
        return problem(
            403,
            "FORBIDDEN",
            "These credentials do not reach this account."
            if len(self._accounts) == 1
            else "These credentials reach no account of this server.",
            f"They need the scope read, and account:{named} if they name accounts"
            f"{' or products' if len(self._accounts) > 1 else ''}.",
            "Ask who runs the server for other credentials.",
        )

    async def _wait(self, caller: str) -> int | None:
        """Return the seconds that a caller has to wait; None when it may go on."""
        limiter = self._limiters.pop(caller, None)
        if limiter is None:
            limiter = TokenBucketRateLimiter(self._per_minute, self._per_minute / 60)
        self._limiters[caller] = limiter
        while len(self._limiters) > MOST_CALLERS:
            self._limiters.popitem(last=False)
        if await limiter.consume():
            return None
        return max(1, math.ceil((1 - limiter.tokens) / limiter.refill_rate))


def _unknown(scope: Scope) -> Response:
    """Ask for credentials; a browser asks its user for a password."""
    headers = Headers(scope=scope)
    asked = "authorization" in headers
    challenge = 'Bearer error="invalid_token"' if asked else "Bearer"
    if "text/html" in headers.get("accept", ""):
        challenge = f'Basic realm="Test IO reports, any name, the key as password", {challenge}'
    return problem(
        401,
        "UNAUTHORIZED",
        "The credentials are not known." if asked else "Credentials are needed.",
        "They are unknown, expired, or for another service." if asked else "",
        "Send an API key as Authorization: Bearer KEY, or as X-API-Key.",
        headers={"WWW-Authenticate": challenge},
    )
