"""Telling a person how far a refresh is: on stderr, so that stdout stays free for a pipe."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from base.terminal import calm

log = logging.getLogger(__name__)


class Progress(Protocol):
    """Takes what a refresh tells about itself."""

    def stage(self, name: str, total: int) -> None:
        """Begin a part of the work, or correct its total."""

    def advance(self, name: str, steps: int = 1) -> None:
        """Note finished steps of a part."""

    def say(self, text: str) -> None:
        """Tell something in a line."""


class Silent:
    """Tells nothing."""

    def stage(self, name: str, total: int) -> None:
        """Ignore it."""

    def advance(self, name: str, steps: int = 1) -> None:
        """Ignore it."""

    def say(self, text: str) -> None:
        """Ignore it."""


@dataclass
class Bars:
    """A progress bar for each part, for a terminal."""

    display: RichProgress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def stage(self, name: str, total: int) -> None:
        """Show a bar, unless there is nothing to do."""
        if name in self.tasks:
            self.display.update(self.tasks[name], total=total)
        elif total:
            self.tasks[name] = self.display.add_task(name, total=total)

    def advance(self, name: str, steps: int = 1) -> None:
        """Move a bar."""
        if name in self.tasks:
            self.display.advance(self.tasks[name], steps)

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self.display.console.print(calm(text), markup=False, highlight=False)


@dataclass
class Lines:
    """A line in the log for each tenth of a part."""

    totals: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    def stage(self, name: str, total: int) -> None:
        """Remember how much there is to do."""
        self.totals[name] = total

    def advance(self, name: str, steps: int = 1) -> None:
        """Log a line when another tenth is done."""
        total = self.totals.get(name, 0)
        before = self.done.get(name, 0)
        self.done[name] = now = before + steps
        if total and now * 10 // total > before * 10 // total:
            log.info("progress", extra={"part": name, "done": now, "total": total})

    def say(self, text: str) -> None:
        """Log it."""
        log.info(text)


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Show progress to a person: bars on a terminal, lines in the log elsewhere.

    Args:
        stream: Where to; stderr when left out.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=Console(file=stream), transient=True) as display:
        yield Bars(display)
