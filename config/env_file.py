"""Writing settings files: for their owner's eyes, with every other line kept."""

import re
from collections.abc import Mapping
from pathlib import Path

from base import folders
from base.bounds import SETTINGS_BYTES
from base.errors import InvalidInput, Unavailable
from config.accounts import ENCODING
from config.small_files import small_file

_USABLE = re.compile(r"[^'\"$\\`\x00-\x1f\x7f]*")
_PLAIN = re.compile(r"[^\s#]*")


def write_settings(path: Path, values: Mapping[str, str]) -> None:
    """Set variables in a settings file, which only its owner may read then; other lines stay as they are.

    Raises:
        InvalidInput: For a value that cannot stand in a line.
        Unavailable: When the file cannot be read or written.
    """
    for name, value in values.items():
        if not _USABLE.fullmatch(value):
            raise InvalidInput(f"{name} holds a quote or the like.", "", "Check what you entered.")
    try:
        old = small_file(path, SETTINGS_BYTES)[0].decode(ENCODING).splitlines() if path.exists() else []
        kept = [line for line in old if line.partition("=")[0].strip().upper() not in values]
        lines = [*kept, *(_line(name, value) for name, value in values.items() if value)]
        with folders.private(path) as file:
            file.write("\n".join(lines).encode() + b"\n")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text.", "", "Save it as UTF-8.") from None
    except OSError as error:
        why = f"{error.strerror}."
        raise Unavailable(f"{path} cannot be written.", why, "Fix its permissions.") from None


def _line(name: str, value: str) -> str:
    return f"{name}={value}" if _PLAIN.fullmatch(value) else f'{name}="{value}"'
