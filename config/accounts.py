"""Several customers in one installation: a settings file each, `accounts/<account>.env`."""

import errno
import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from base.bounds import SETTINGS_BYTES
from base.errors import InvalidInput
from config.shown import masked
from config.small_files import small_file

ACCOUNTS = "accounts"
SELECT = "TESTIO_ACCOUNT"
EVERY = "all"
ENCODING = "utf-8-sig"
"""UTF-8, with or without the mark that some editors put before it."""
TOKENS = ("TESTIO_CUSTOMER_API_TOKEN", "TESTIO_CUSTOMER_API_TOKEN_FILE")
"""The variables that say what the token is."""
_WAYS_OUT = {
    errno.EISDIR: "Put the settings file in its place, or remove the folder: containers make one where a"
    " file that they mount is missing.",
    errno.ETIMEDOUT: "Start the program that writes into the pipe, or put a file in its place.",
    errno.EFBIG: "Check what the file is: settings are shorter.",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def see_name(name: str) -> str:
    """Return the name of an account.

    Raises:
        InvalidInput: For one that cannot name a folder everywhere.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{masked(name[:80])!r} does not name an account.",
            "It must consist of at most 40 lower-case letters, digits and hyphens.",
            "For example: --name acme",
        )
    return name


def account_names() -> tuple[str, ...]:
    """List the accounts that have a settings file, sorted; none in an installation for a single customer.

    Raises:
        InvalidInput: For a file whose name cannot name a folder everywhere.
    """
    names = sorted(path.stem for path in Path(ACCOUNTS).glob("*.env"))
    for name in names:
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{ACCOUNTS}/{masked(name)}.env does not name an account.",
                "It must consist of at most 40 lower-case letters, digits and hyphens.",
                "Rename the file.",
            )
    return tuple(names)


def account_file(account: str) -> Path:
    """Return the settings file of one account.

    Raises:
        InvalidInput: When there is no such account, or the environment's token would be used for its own.
    """
    known = account_names()
    if account not in known:
        raise InvalidInput(
            f"There is no account {masked(account[:80])!r}.",
            f"{ACCOUNTS}/ has {', '.join(known) if known else 'no account'}.",
            f"Write its settings into {ACCOUNTS}/{account}.env, or correct {SELECT}."
            if _NAME.fullmatch(account) and masked(account) == account
            else f"Correct {SELECT}.",
        )
    path = Path(ACCOUNTS) / f"{account}.env"
    own, foreign = _tokens(read(path)), _tokens(environment())
    if own and foreign and own != foreign:
        raise InvalidInput(
            f"{next(iter(foreign))} is set in the environment, and {path} names another token.",
            "The environment takes precedence, and one token sees exactly one customer.",
            "Unset it in the environment.",
        )
    return path


def read(path: Path) -> Mapping[str, str]:
    """Read the variables of a settings file, in capitals; those without a value are left out.

    Nothing is put in for `${X}`: a file from somebody else could send any variable of the environment away.

    Raises:
        InvalidInput: When it cannot be read, is longer than settings are, or is not UTF-8.
    """
    from dotenv import dotenv_values  # noqa: PLC0415 - most commands need no account

    try:
        text = small_file(path, SETTINGS_BYTES)[0].decode(ENCODING)
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text.", "", "Save it as UTF-8.") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.", f"{error.strerror}.", _way_out(error)) from None
    found = dotenv_values(stream=StringIO(text), interpolate=False)
    return _set(found)


def _way_out(error: OSError) -> str:
    return _WAYS_OUT.get(error.errno or 0, "Fix its permissions.")


def environment() -> Mapping[str, str]:
    """Return the variables of the environment, in capitals; those without a value are left out."""
    return _set(os.environ)


def _set(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name.upper(): value for name, value in variables.items() if value and value.strip()}


def _tokens(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that say where a token is."""
    return {name: value for name, value in variables.items() if name in TOKENS}


def chosen_accounts() -> tuple[str | None, ...]:
    """Return the accounts that are chosen (`acme,globex`, or `all`), else all, else the only one (None).

    Raises:
        InvalidInput: When several accounts would share the token of the environment.
    """
    selected = _selected()
    names = account_names() if not selected or selected == (EVERY,) else selected
    shared = _tokens(environment())
    if names and shared and (not selected or len(names) > 1):
        raise InvalidInput(
            f"{next(iter(shared))} is set in the environment of {len(names)} accounts.",
            "One token sees exactly one customer.",
            f"Write each token into its file in {ACCOUNTS}/, or choose one account with {SELECT}.",
        )
    return names or (None,)


def served_accounts() -> tuple[str | None, ...]:
    """Return the accounts that one reader serves: several only when they are chosen.

    Raises:
        InvalidInput: When there are several and TESTIO_ACCOUNT names none.
    """
    return chosen_accounts() if _selected() else (chosen_account(),)


def _selected() -> tuple[str, ...]:
    """Return what TESTIO_ACCOUNT names."""
    text = environment().get(SELECT) or read(Path(".env")).get(SELECT) or ""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def chosen_account() -> str | None:
    """Return the account of a task that can work on one only.

    Raises:
        InvalidInput: When there are several and TESTIO_ACCOUNT names none.
    """
    names = chosen_accounts()
    if len(names) > 1:
        raise InvalidInput(
            f"There are {len(names)} accounts: {', '.join(str(name) for name in names)}.",
            "This task works on one account at a time.",
            f"Choose one with {SELECT}.",
        )
    return names[0]
