"""What the caller of this moment may see: everything on stdio, and on the network what its scopes say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastmcp.server.dependencies import get_access_token


@dataclass(frozen=True)
class Grant:
    """The reach of a caller.

    Attributes:
        scopes: As they were given.
        accounts: The only accounts; None is all.
        products: The only products; None is all.
    """

    scopes: frozenset[str]
    accounts: frozenset[str] | None
    products: frozenset[int] | None

    def allows(self, account: str | None) -> bool:
        """Return whether an account's data may be read; the only account of an installation is `default`."""
        return "read" in self.scopes and (self.accounts is None or (account or "default") in self.accounts)

    def among(self, accounts: Sequence[str | None]) -> tuple[str | None, ...]:
        """Return those of a server's accounts that may be read.

        Where there are several, a caller of chosen products needs their account named too: else it would
        learn of all the others.
        """
        if len(accounts) > 1 and self.products is not None and self.accounts is None:
            return ()
        return tuple(one for one in accounts if self.allows(one))


def grant_of(scopes: Iterable[str]) -> Grant:
    """Return what scopes allow; a product or account that is no such thing allows none."""
    given = frozenset(scopes)
    accounts = {one.removeprefix("account:") for one in given if one.startswith("account:")}
    products = {one.removeprefix("product:") for one in given if one.startswith("product:")}
    ids = frozenset(int(one) for one in products if one.isascii() and one.isdigit())
    return Grant(given, frozenset(accounts) if accounts else None, ids if products else None)


def current_grant() -> Grant | None:
    """Return the grant of the caller; None where nobody has to say who they are."""
    token = get_access_token()
    return None if token is None else grant_of(token.scopes)
