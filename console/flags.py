"""What the flags of tasks take, as people write it."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from base.errors import InvalidInput
from config.settings import Settings
from config.values import id_numbers

if TYPE_CHECKING:
    from fetch.refresh.request import RefreshRequest


def product_ids(text: str, flag: str = "--products") -> tuple[int, ...] | None:
    """Read `598,599` as people write it; None for nothing.

    Raises:
        InvalidInput: Naming what is no product id.
    """
    try:
        return id_numbers(text)
    except ValueError as error:
        raise InvalidInput(f"{flag} is {text!r}, which cannot be used.", f"{error}.") from None


def whole_number(text: str, flag: str, *, least: int = 0) -> int:
    """Read a number of things; 0 for nothing.

    Raises:
        InvalidInput: Naming what is no such number, or below `least`.
    """
    number = int(text.strip() or 0) if re.fullmatch(r"[0-9]{0,6}", text.strip(), re.ASCII) else -1
    if number < least:
        what = f"a whole number of at least {least}" if least else "a whole number"
        raise InvalidInput(
            f"{flag} is {text!r}, which cannot be used.",
            f"It must be {what}.",
            f"For example: {flag} {least or 14}",
        )
    return number


def see_no_flag(file: str) -> None:
    """Check that a file that is written is no flag at the place of one.

    Raises:
        InvalidInput: When it looks like one.
    """
    if file.startswith("-"):
        raise InvalidInput(
            f"{file[:80]!r} stands where the file's name does.",
            "What follows a task is its file.",
            "For help: invoke --help export. For a file of that name write ./ before it.",
        )


def refresh_request(
    settings: Settings, *, since: str = "", products: str = "", deadline: str = ""
) -> "RefreshRequest":
    """Join settings and flags into the request of a refresh.

    Raises:
        InvalidInput: Naming a product id, date or time that cannot be taken as it is.
    """
    from fetch.refresh.request import RefreshRequest
    from quality.periods.dates import parse_range
    from quality.periods.durations import parse_duration

    bound = since or settings.testio_sync_since
    return RefreshRequest(
        product_ids=settings.testio_product_ids,
        only=product_ids(products),
        since=parse_range(bound, None, datetime.now(UTC)).start if bound else None,
        deadline=parse_duration(deadline) if deadline else None,
        ttl=timedelta(seconds=settings.cache_ttl_seconds),
    )
