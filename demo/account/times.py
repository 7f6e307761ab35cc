"""Times as the upstream writes them: any offset, with and without milliseconds."""

from datetime import UTC, datetime, timedelta, timezone

_OFFSETS = tuple(timezone(timedelta(hours=hours)) for hours in (2, 1, -5))


def stamp(moment: datetime, style: int) -> str:
    """Write a moment in one of six styles (0–5); all mean the same moment."""
    if style < len(_OFFSETS):
        return moment.astimezone(_OFFSETS[style]).isoformat(timespec="seconds")
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    if style == 3:
        return plain.isoformat(timespec="milliseconds") + "Z"
    if style == 4:
        return moment.astimezone(_OFFSETS[0]).isoformat(timespec="milliseconds")
    return plain.isoformat(timespec="seconds") + "Z"
