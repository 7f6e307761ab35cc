"""What settings take, as people write it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from base.errors import InvalidInput
from config.shown import quoted_value
from quality.periods.dates import parse_range
from quality.periods.periods import REPORT_PERIODS, report_key

PLACES = ("s3", "gs", "az", "file", "https", "http")


def _ids(value: Any) -> Any:
    """Read `598, 599` as people write it as (598, 599), and a blank as None."""
    return id_numbers(value) if isinstance(value, str) else value


def id_numbers(value: str) -> tuple[int, ...] | None:
    """Read product ids as people write them; None for nothing.

    Raises:
        ValueError: Naming what is no product id.
    """
    words = [word for word in re.split(r"[\s,;]+", value.strip("[] \t")) if word]
    for word in words:
        if not re.fullmatch(r"[0-9]{1,18}", word):
            raise ValueError(
                f"{quoted_value(word)} is not a product id; separate numbers by commas, such as 598,599"
            )
    return tuple(int(word) for word in words) or None


def _names(value: Any) -> Any:
    """Read `list_bugs, search` as ("list_bugs", "search"), and a blank as ()."""
    if not isinstance(value, str):
        return value
    return tuple(word for word in re.split(r"[\s,\[\]\"']+", value) if word)


def _period(value: Any) -> Any:
    key = report_key(value) if isinstance(value, str) else None
    if key is None:
        raise ValueError(
            f"{quoted_value(value)} is not a report period; choose one of {', '.join(REPORT_PERIODS)}"
        )
    return key


def _moment(value: Any) -> Any:
    if value is not None:
        try:
            parse_range(value, None, datetime.now(UTC))
        except InvalidInput:
            raise ValueError(
                f"{quoted_value(value)} is not a date, such as 2025-01-01 or 1 year ago"
            ) from None
    return value


def _web_address(value: Any) -> Any:
    if value is not None and not re.fullmatch(r"https?://[^\s\"'<>?#]+", value):
        raise ValueError("it must be an address such as https://reports.example.com/")
    if value is not None and "@" in value.split("//", 1)[1].split("/", 1)[0]:
        raise ValueError("it holds credentials, which every link would show")
    return value


def _vendor_address(value: Any) -> Any:
    if value is not None and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?", value):
        raise ValueError("it must be an https address without a path, such as https://yourcompany.test.io")
    return value


def _place(value: Any) -> Any:
    if value is not None:
        parts = urlsplit(value)
        if parts.scheme not in PLACES:
            raise ValueError(f"it must begin with one of {', '.join(f'{name}://' for name in PLACES)}")
        if parts.username or parts.password or parts.query:
            raise ValueError("it holds credentials, which logs would show; set those of the store itself")
    return value


Ids = Annotated[tuple[int, ...] | None, NoDecode, BeforeValidator(_ids)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Share = Annotated[float, Field(ge=0, le=1)]
Since = Annotated[str | None, AfterValidator(_moment)]
WebAddress = Annotated[str | None, AfterValidator(_web_address)]
VendorAddress = Annotated[str | None, AfterValidator(_vendor_address)]
Place = Annotated[str | None, AfterValidator(_place)]
ReportPeriod = Annotated[str, BeforeValidator(_period)]
