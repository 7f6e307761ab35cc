"""Tokens that are neither in the environment nor in a settings file."""

import stat
from pathlib import Path

from pydantic import SecretStr

from base.errors import InvalidInput

KEYRING_SERVICE = "testio-reports"
_LONGEST = 4096


def from_file(path: Path) -> SecretStr:
    """The token that a file holds.

    Raises:
        InvalidInput: When it cannot be read, is empty, or can be read by other users of the machine.
    """
    name = f"TESTIO_CUSTOMER_API_TOKEN_FILE is {str(path)!r}"
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO:
                raise InvalidInput(
                    f"{name}, which other users of this machine can read.",
                    "A token opens the whole account.",
                    f"Run chmod o= {path}, or mount the secret with mode 0440.",
                )
            token = file.read(_LONGEST).decode("utf-8", "replace").strip()
    except OSError as error:
        raise InvalidInput(
            f"{name}, which cannot be read.", f"{error.strerror}.", "Name a readable file."
        ) from None
    if not token:
        raise InvalidInput(
            f"{name}, which is empty.", "A token is expected in it.", "Write the token into it."
        )
    return SecretStr(token)


def from_keyring(account: str | None) -> SecretStr | None:
    """The token that the system keyring keeps for an account (`default` for the only one), if any.

    None also where the machine has no keyring.
    """
    import keyring

    try:
        token = keyring.get_password(KEYRING_SERVICE, account or "default")
    except Exception:  # noqa: BLE001 - backends raise whatever their libraries do
        return None
    return SecretStr(token) if token else None
