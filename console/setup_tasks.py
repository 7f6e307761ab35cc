"""The tasks that set an installation up by asking: setup, accounts."""

import asyncio
import sys
from getpass import getpass
from pathlib import Path

from invoke.context import Context
from invoke.tasks import task

from base.errors import InvalidInput, NotFound
from config.accounts import ACCOUNTS, SELECT, account_names, environment, read, see_name
from config.env_file import write_settings
from config.settings import BASE_URL, PRODUCTION, TOKEN
from console.run import say

NAME, PRODUCTS = "TESTIO_CUSTOMER_NAME", "TESTIO_PRODUCT_IDS"


@task
def setup(_: Context) -> None:
    """Ask for name, token and products, check them against the API, and write .env for your eyes only."""
    _fill(Path(".env"))
    say(["Take a snapshot and build the pages: invoke refresh build"])


@task(
    positional=["action"],
    help={
        "action": "list, add, remove or default.",
        "name": "The account's name, such as acme.",
    },
)
def accounts(_: Context, action: str, name: str = "") -> None:
    """List, add or remove the accounts of several customers, or set which one tasks work on."""
    if action == "list":
        chosen = (read(Path(".env")).get(SELECT) or "").strip()
        found = account_names()
        say(f"{'*' if one == chosen else ' '} {one:24} {Path(ACCOUNTS, f'{one}.env')}" for one in found)
        say([f"{len(found)} accounts; * is the one that tasks work on, all of them without one."])
        return
    if action not in {"add", "remove", "default"}:
        raise InvalidInput(
            f"{action!r} is not an action.",
            "Accounts are listed, added, removed, or made the default.",
            "For example: invoke accounts list",
        )
    path = Path(ACCOUNTS, f"{see_name(name)}.env")
    if action == "add":
        _fill(path)
    elif name not in account_names():
        raise NotFound(f"There is no account {name!r}.", "", "List them: invoke accounts list")
    elif action == "default":
        write_settings(Path(".env"), {SELECT: name})
        say([f"Tasks work on {name}, unless {SELECT} says otherwise."])
    else:
        _see_terminal(f"Remove {path} yourself.")
        if (
            input(f"Remove the settings of {name}? Its snapshots and pages stay. [y/N] ").strip().lower()
            == "y"
        ):
            path.unlink()
            say([f"{path} is removed."])


def _fill(path: Path) -> None:
    """Ask for an account's settings, and write them once the API has answered to them.

    Raises:
        InvalidInput: Without a terminal, or when the file has a token already.
        UpstreamError: When the API does not take the token.
    """
    _see_terminal(f"Write {TOKEN}=… into {path}, which only you may read: chmod 600 {path}")
    known = read(path)
    if known.get(TOKEN):
        raise InvalidInput(f"{path} is filled in already.", "", "Edit the file, or move it away.")
    base_url = environment().get(BASE_URL, PRODUCTION)
    if known.get(BASE_URL) not in {None, "", base_url}:
        raise InvalidInput(
            f"{path} names another API than {base_url}.",
            "A settings file from somebody else could send your token to its author.",
            f"Set {BASE_URL} in the environment, or take it out of the file.",
        )
    name = input("Your name on the pages (such as your company's): ").strip()
    token = getpass("Token of the Customer API (it is not shown): ").strip()
    products = _products(token)
    say(f"{number:>8}  {title}" for number, title in products.items())
    asked = input("Which of these products? Numbers with commas, all when left blank: ")
    chosen = [word for word in asked.replace(",", " ").split() if word]
    for word in chosen:
        if word not in products:
            raise InvalidInput(f"{word[:40]!r} is not one of the products.", "", "Begin again: invoke setup")
    write_settings(path, {NAME: name, TOKEN: token, PRODUCTS: ",".join(chosen)})
    say([f"{path} is written; only you may read it."])


def _products(token: str) -> dict[str, str]:
    """Return the products that a token sees, by their ids as people write them."""
    from base.text import shorten
    from config.scrubbing import hide
    from fetch.api.client import ApiClient
    from fetch.api.endpoints import products
    from fetch.api.options import ClientOptions

    hide(token)
    if not token:
        raise InvalidInput("No token was given.", "", "Ask your Test IO contact for one.")
    options = ClientOptions(environment().get(BASE_URL, PRODUCTION), token)

    async def ask() -> dict[str, str]:
        async with ApiClient(options) as client:
            found = await products(client)
        return {str(one.get("id")): shorten(str(one.get("name")), 80) for one in found}

    return asyncio.run(ask())


def _see_terminal(instead: str) -> None:
    if not sys.stdin.isatty():
        raise InvalidInput("This task asks, and there is no terminal to ask at.", "", instead)
