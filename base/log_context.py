"""Values that stand in every log line of a piece of work, such as the id of a refresh."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_bound: ContextVar[Mapping[str, object] | None] = ContextVar("bound", default=None)


@contextmanager
def bound(**values: object) -> Iterator[None]:
    """Add values to the lines that are logged inside, also by tasks that are started there."""
    token = _bound.set({**bound_values(), **values})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_values() -> Mapping[str, object]:
    """Return what the line that is being logged holds beside its own values."""
    return _bound.get() or {}
