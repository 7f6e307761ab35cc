"""Tokens that are neither in the environment nor in a settings file."""

import errno
import logging
import stat
from pathlib import Path

from pydantic import SecretStr

from base.bounds import PIPE_WAIT_SECONDS, TOKEN_BYTES
from base.errors import InvalidInput
from config.shown import masked
from config.small_files import small_file

log = logging.getLogger(__name__)
KEYRING_SERVICE = "testio-reports"


def from_file(path: Path) -> SecretStr:
    """Read the token that a file or pipe holds, without the line end that most have.

    A file that other users of the machine can read is read too, as containers mount secrets with mode 0444:
    a warning is logged.

    Raises:
        InvalidInput: When it cannot be read, is empty or too long, or a pipe hands over nothing in time.
    """
    name = f"TESTIO_CUSTOMER_API_TOKEN_FILE is {masked(path)}"
    try:
        content, mode = small_file(path, TOKEN_BYTES)
    except TimeoutError:
        raise InvalidInput(
            f"{name}, a pipe that delivers nothing.",
            f"The wait ended after {PIPE_WAIT_SECONDS:g} seconds.",
            "Name a file, or start the program that writes into the pipe.",
        ) from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise InvalidInput(
                f"{name}, which holds more than {TOKEN_BYTES:,} bytes.",
                "A token is shorter.",
                "Name another file.",
            ) from None
        raise InvalidInput(
            f"{name}, which cannot be read.", f"{error.strerror}.", "Name a readable file."
        ) from None
    token = content.decode("utf-8-sig", "replace").strip()
    if not token:
        raise InvalidInput(f"{name}, which is empty.", "It must hold a token.", "Write the token into it.")
    if stat.S_ISREG(mode) and mode & stat.S_IROTH:
        log.warning(
            "other users of this machine can read %s, which holds the token: chmod o= it", masked(path)
        )
    return SecretStr(token)


def from_keyring(account: str | None) -> SecretStr | None:
    """Return the token that the system keyring keeps for an account (`default` for the only one), if any.

    None also where the machine has no keyring.
    """
    import keyring

    try:
        token = keyring.get_password(KEYRING_SERVICE, account or "default")
    except Exception:  # noqa: BLE001 - backends raise whatever their libraries do
        return None
    return SecretStr(token) if token else None
