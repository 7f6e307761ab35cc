"""Several customers in one installation: a settings file each, `accounts/<account>.env`."""

import os
import re
from pathlib import Path

from quality.errors import InvalidInput

ACCOUNTS = "accounts"
SELECT = "TESTIO_ACCOUNT"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def account_names() -> tuple[str, ...]:
    """The accounts that have a settings file, sorted; empty in an installation for a single customer.

    Raises:
        InvalidInput: For a file whose name cannot name a folder everywhere.
    """
    names = sorted(path.stem for path in Path(ACCOUNTS).glob("*.env"))
    for name in names:
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{ACCOUNTS}/{name}.env does not name an account.",
                "Small letters, digits and hyphens are taken, 40 at the most.",
                "Rename the file.",
            )
    return tuple(names)


def account_file(account: str) -> Path:
    """The settings file of one account.

    Raises:
        InvalidInput: When there is no such account.
    """
    known = account_names()
    if account not in known:
        raise InvalidInput(
            f"There is no account {account!r}.",
            f"{ACCOUNTS}/ has {', '.join(known) if known else 'no account'}.",
            f"Write its settings into {ACCOUNTS}/{account}.env, or correct {SELECT}."
            if _NAME.fullmatch(account)
            else f"Correct {SELECT}.",
        )
    return Path(ACCOUNTS) / f"{account}.env"


def chosen_accounts() -> tuple[str | None, ...]:
    """The accounts that a task works on: the one that is chosen, else all, else the only one (None).

    Raises:
        InvalidInput: When several accounts would share the token of the environment.
    """
    selected = os.environ.get(SELECT, "").strip()
    if selected:
        return (selected,)
    names = account_names()
    shared = [
        name
        for name in ("TESTIO_CUSTOMER_API_TOKEN", "TESTIO_CUSTOMER_API_TOKEN_FILE")
        if os.environ.get(name)
    ]
    if names and shared:
        raise InvalidInput(
            f"{shared[0]} is set in the environment of {len(names)} accounts.",
            "One token sees exactly one customer.",
            f"Write each token into its file in {ACCOUNTS}/, or choose one account with {SELECT}.",
        )
    return names or (None,)


def chosen_account() -> str | None:
    """The account of a task that can work on one only.

    Raises:
        InvalidInput: When there are several and TESTIO_ACCOUNT names none.
    """
    names = chosen_accounts()
    if len(names) > 1:
        raise InvalidInput(
            f"There are {len(names)} accounts: {', '.join(str(name) for name in names)}.",
            "This works on one at a time.",
            f"Choose it with {SELECT}.",
        )
    return names[0]
