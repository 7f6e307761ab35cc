"""What is new, as Markdown and as a message for a chat."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from base.text import shorten
from build.site.markdown.escape import chat_text, escape
from quality.model.entities import Bug, Test
from quality.watch.digest import Digest, News
from quality.wording import counted, moment

_Row = TypeVar("_Row")
MOST = 5
"""Rows of one kind for a product that are told one by one."""
MOST_CHAT_LINES = 30
_LONGEST_LINE = 240


def digest_markdown(found: Digest) -> str:
    """Write what is new as Markdown."""
    return "\n".join(_markdown(found)) + "\n"


def _markdown(found: Digest) -> Iterator[str]:
    yield f"## New since {moment(found.since)}"
    yield ""
    yield f"Data of {moment(found.as_of)}."
    for one in found.news:
        yield ""
        yield f"### {escape(one.product)} ({one.product_id})"
        yield ""
        yield from (f"- {line}" for line in _product(one, escape))
    if found.deadlines:
        yield ""
        yield "### Review deadlines"
        yield ""
        yield from (f"- {line}" for line in _deadlines(found, escape))
    if found.empty:
        yield ""
        yield "Nothing is new, and no review is due."


def digest_chat(found: Digest, address: str | None = None) -> list[str]:
    """Return what is new as lines of plain text that no chat reads as anything else.

    Args:
        found: What is new.
        address: Of the site, for the last line.
    """
    lines = [f"New since {moment(found.since)}"]
    for one in found.news:
        lines += [f"{chat_text(one.product)}:", *(f"• {line}" for line in _product(one, chat_text))]
    if found.deadlines:
        lines += ["Review deadlines:", *(f"• {line}" for line in _deadlines(found, chat_text))]
    if len(lines) > MOST_CHAT_LINES:
        lines = [*lines[:MOST_CHAT_LINES], f"… and {len(lines) - MOST_CHAT_LINES} more lines"]
    return [*(shorten(line, _LONGEST_LINE) for line in lines), *([address] if address else [])]


def _product(one: News, safe: Callable[[object], str]) -> Iterator[str]:
    yield from (safe(turn.text) for turn in one.turned)
    yield from _some(one.bugs, lambda bug: _bug(bug, safe), "new critical or high bug")
    yield from _some(one.ended, lambda test: f"Ended: {_test(test, safe)}", "test ended", "tests ended")
    yield from _some(one.started, lambda test: f"Began: {_test(test, safe)}", "test began", "tests began")


def _some(rows: tuple[_Row, ...], line: Callable[[_Row], str], noun: str, many: str = "") -> Iterator[str]:
    yield from map(line, islice(rows, MOST))
    if len(rows) > MOST:
        yield f"and {counted(len(rows) - MOST, f'more {noun}', f'more {many}' if many else None)}"


def _bug(bug: Bug, safe: Callable[[object], str]) -> str:
    return f"New {bug.severity} bug {bug.id}: {safe(shorten(bug.title, 120))}"


def _test(test: Test, safe: Callable[[object], str]) -> str:
    return f"{safe(shorten(test.title, 120))} ({test.id}), {counted(len(test.bugs), 'bug')}"


def _deadlines(found: Digest, safe: Callable[[object], str]) -> Iterator[str]:
    for one in found.deadlines:
        yield safe(one.text)
