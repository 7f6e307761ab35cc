"""The tasks over several accounts as a whole: portfolio, fleet."""

import re
from pathlib import Path

from invoke.context import Context
from invoke.tasks import task

from base.errors import InvalidInput
from config.accounts import ACCOUNTS, account_names
from config.settings import Settings, load
from config.values import PLACES
from console.run import complain, say, served_settings
from quality.views.lists.accounts import AccountRow

ENGINES = {"github": "github.yml", "kubernetes": "kubernetes.yaml"}
AT_ONCE = 4
"""So many accounts are refreshed at the same time."""
_TEMPLATES = Path(__file__).parent.parent / "templates" / "fleet"
_ADDRESS = re.compile(r"[\w.:/@-]{1,300}", re.ASCII)


@task
def portfolio(_: Context) -> int:
    """Write a page over the sites of the accounts in TESTIO_ACCOUNT: of each only counts and verdicts."""
    from build.site.pages.accounts import write_accounts
    from quality.periods.periods import period
    from snapshot.errors import SnapshotError

    chosen = served_settings()
    if any(one.testio_account is None for one in chosen):
        raise InvalidInput(
            "There are no accounts to show side by side.",
            "The page names every account that it shows.",
            f"Write their settings into {ACCOUNTS}/, and name them: TESTIO_ACCOUNT=acme,globex, or all.",
        )
    folder, key = load().testio_site_dir, chosen[0].testio_report_period
    rows = []
    for one in chosen:
        name = str(one.testio_account)
        if one.testio_site_dir != folder / name:
            raise InvalidInput(
                f"The pages of {name} are not in {folder / name}.",
                f"{ACCOUNTS}/{name}.env sets another TESTIO_SITE_DIR.",
                "Unset it there.",
            )
        try:
            rows.append(_row(one, key))
        except SnapshotError as error:
            complain(f"{name}: {error}")
            rows.append(AccountRow(name, one.testio_customer_name or name))
    as_of = max((row.as_of for row in rows if row.as_of), default=None)
    if as_of is None:
        raise InvalidInput("No account has a snapshot.", "", "Take them: invoke refresh build")
    done = write_accounts(folder, rows, period(key, as_of).title)
    say([f"Pages: {done.written} written. Open {(folder / 'index.html').resolve()}"])
    return 0


def _row(settings: Settings, period_key: str) -> AccountRow:
    from console.published import published
    from quality.views.lists.accounts import account_row
    from quality.views.portfolio import portfolio_view

    found = published(settings)
    view = portfolio_view(found.facts, found.options, period_key=period_key)
    name = str(settings.testio_account)
    return account_row(name, settings.testio_customer_name or name, view, found.facts.as_of)


@task(
    help={
        "engine": "github: a workflow with a matrix; kubernetes: an Indexed Job.",
        "url": "Where each account's snapshots are pulled from and pushed to, such as s3://bucket/reports.",
        "image": "The image that Kubernetes runs; by digest, as it then stays the same.",
    }
)
def fleet(_: Context, engine: str, url: str, image: str = "testio-reports") -> None:
    """Print what refreshes all accounts, one job each, for an engine that exists; redirect it into a file."""
    if engine not in ENGINES:
        raise InvalidInput(
            f"--engine {engine[:40]!r} is not known.", f"It must be {' or '.join(ENGINES)}.", ""
        )
    if not _ADDRESS.fullmatch(url) or url.partition("://")[0] not in PLACES[:3]:
        raise InvalidInput(
            f"--url {url[:80]!r} cannot be used.",
            f"It must begin with one of {', '.join(f'{one}://' for one in PLACES[:3])}.",
            "For example: --url s3://bucket/reports",
        )
    if not _ADDRESS.fullmatch(image):
        raise InvalidInput(f"--image {image[:80]!r} does not name an image.", "", "Such as NAME@sha256:…")
    names = account_names()
    if not names:
        raise InvalidInput(
            "There are no accounts.", f"{ACCOUNTS}/ has no settings file.", "Add one: invoke accounts add"
        )
    text = (_TEMPLATES / ENGINES[engine]).read_text(encoding="utf-8")
    values = {
        "ACCOUNTS": ", ".join(f'"{name}"' for name in names),
        "WORDS": " ".join(names),
        "COUNT": str(len(names)),
        "AT_ONCE": str(min(len(names), AT_ONCE)),
        "PLACE": url,
        "IMAGE": image,
    }
    filled = re.sub("@([A-Z_]+)@", lambda found: values[found[1]], text)
    say(filled.splitlines())
