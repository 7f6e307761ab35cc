"""How tasks run: for which accounts, how an error is told, and which exit code joins those of all tasks."""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from invoke.exceptions import Exit
from invoke.executor import Executor
from invoke.parser.context import ParserContext
from invoke.tasks import Task

from base.errors import UserError
from base.terminal import calm, open_missing_streams, output_fails
from base.text import ascii_escapes
from config.accounts import chosen_account, chosen_accounts, served_accounts
from config.environment import ignored
from config.scrubbing import scrub, without_secrets
from config.settings import Settings, load
from config.shown import masked
from console.stopping import stoppable

FAILED, PARTLY, STOPPED = 1, 3, 130
log = logging.getLogger(__name__)
_NO_MEMORY = (
    "The memory is used up. What was published before stays as it was. "
    "Give this machine or container more, or choose fewer products with TESTIO_PRODUCT_IDS."
)

Named = str | tuple[str, dict[str, Any]] | ParserContext
"""A task as Invoke hands it over: by its name, or with its flags."""


class TaskExecutor(Executor):
    """Run every task that is named, also one named twice, and end with one exit code for all.

    A task returns its exit code when the next ones run all the same, and raises to stop here.
    """

    def execute(self, *tasks: Named) -> dict[Task[Any], Any]:
        """Run the tasks one after another.

        Returns:
            What each returned; of one named twice, what it returned last.

        Raises:
            Exit: With the code of a task that failed, or at the end with the lowest code that was returned.
        """
        open_missing_streams()
        returned: dict[Task[Any], Any] = {}
        owed: set[int] = set()
        told: list[int] = []
        try:
            with stoppable() as told:
                for task in tasks:
                    done: dict[Task[Any], Any] = super().execute(task)
                    owed |= {code for code in done.values() if code}
                    returned |= done
                sys.stdout.flush()
        except UserError as error:
            raise Exit(calm(scrub(str(error))), code=FAILED) from None
        except MemoryError:
            raise Exit(_NO_MEMORY, code=FAILED) from None
        except KeyboardInterrupt:
            raise Exit("Stopped.", code=128 + told[0] if told else STOPPED) from None
        except OSError as error:
            raise Exit(code=output_fails(error)) from None
        if owed:
            raise Exit(code=min(owed))
        return returned


def each_account(work: Callable[[Settings], int], *, one: bool = False) -> int:
    """Work for every account that is chosen, each under its name.

    Args:
        work: Returns an exit code.
        one: Whether there must be only one account, as for an answer in JSON.

    Returns:
        The exit code that is owed once the next tasks have run: the lowest but 0, or 0.

    Raises:
        Exit: When the work failed for all accounts.
    """
    codes = set()
    accounts = (chosen_account(),) if one else chosen_accounts()
    for account in accounts:
        if len(accounts) > 1:
            say([f"{masked(account)}:"])
        try:
            codes.add(work(_settings(account)))
        except UserError as error:
            if account is None:
                raise
            complain(f"{masked(account)}: {error}")
            codes.add(FAILED)
    if codes == {FAILED}:
        raise Exit(code=FAILED)
    return min(codes - {0}, default=0)


def only_account() -> Settings:
    """Return the settings of the only account, or of the one that TESTIO_ACCOUNT chooses."""
    return _settings(chosen_account())


def served_settings() -> list[Settings]:
    """Return the settings of the accounts that a reader serves: the only one, or those that are chosen."""
    return [_settings(account) for account in served_accounts()]


def say(lines: Iterable[str]) -> None:
    """Print lines of any origin as they come, without the secrets that are known."""
    for line in lines:
        print(calm(without_secrets(line)), flush=True)


def complain(what: object) -> None:
    """Print what went wrong to stderr, without secrets."""
    print(calm(scrub(str(what))), file=sys.stderr, flush=True)


def say_json(value: Any) -> None:
    """Print a value as indented JSON with sorted keys; what could steer a terminal is escaped in it."""
    import orjson

    print(ascii_escapes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()))


def _settings(account: str | None) -> Settings:
    """Return the settings of an account, and start the logging that they ask for."""
    from config.logs import configure

    settings = load(account)
    configure(settings.log_level, settings.log_format)
    for line in ignored(settings.log_level, settings.log_format):
        log.warning(line)
    return settings
