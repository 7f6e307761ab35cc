"""The tasks over the context folder: what it holds and whether it is right, and what follows from it."""

from datetime import UTC, datetime

from invoke.context import Context
from invoke.tasks import task

from base.errors import InvalidInput, UserError
from config.settings import Settings
from console.flags import product_ids
from console.run import FAILED, PARTLY, complain, each_account, only_account, say, say_json


@task(
    help={
        "strict": "End with exit code 1 when anything is wrong.",
        "new": "Make a file to fill in, such as 'note bug 402278', 'release 598 4.3' or 'goals 598'.",
    }
)
def context(_: Context, strict: bool = False, new: str = "") -> int:
    """List what the context folder says, and everything in it that is wrong, by file and line."""
    from console import context_lines
    from console.published import context_place, published
    from context_files.load import load_context
    from context_files.new import make_file
    from quality.context.check import check, today_of
    from snapshot.errors import NoSnapshot

    if new:
        made = make_file(only_account().testio_context_dir, new, datetime.now(UTC).date())
        say([f"Fill in {made}, then check it: invoke context"])
        return 0

    def tell(settings: Settings) -> int:
        try:
            at = published(settings)
        except NoSnapshot:
            folder = context_place(settings, None)
            facts, found, today = None, load_context(folder), datetime.now(UTC).date()
        else:
            folder = context_place(settings, at.snapshot)
            facts, found, today = at.facts, at.facts.context, today_of(at.facts)
        wrong = check(found, facts, settings.quality.thresholds, today)
        say(context_lines.listed(folder, found))
        say(context_lines.told(wrong, ids=facts is not None))
        return FAILED if strict and wrong else 0

    return each_account(tell)


@task(
    help={
        "product": "Only these products, such as 598,599.",
        "release": "Only this planned release, such as 4.16.",
        "without": "Rules not to ask, such as overdue,goals: verdict, overdue, goals, release.",
        "warn-only": "End with exit code 0 whatever is found.",
        "json": "Print JSON.",
    }
)
def gate(
    _: Context,
    product: str = "",
    release: str = "",
    without: str = "",
    warn_only: bool = False,
    json: bool = False,
) -> int:
    """Ask the rules that a pipeline must keep, as one page of Markdown. Exit code 1: one is broken."""
    from build.site.markdown.gate import gate_markdown
    from console.published import published
    from quality.watch.gate import gate as asked
    from quality.watch.gate import gate_json

    only = product_ids(product, "--product")
    barred = without.replace(",", " ").split()

    def tell(settings: Settings) -> int:
        at = published(settings)
        found = asked(at.facts, at.options, product_ids=only, release=release.strip() or None, without=barred)
        if json:
            say_json(gate_json(found))
        else:
            say(gate_markdown(found).splitlines())
        return 0 if found.passed or warn_only else FAILED

    return each_account(tell, one=json)


@task(
    help={
        "since": "From when on, such as yesterday, '3 days ago' or 2026-11-20.",
        "product": "Only these products, such as 598,599.",
        "json": "Print JSON.",
    }
)
def digest(_: Context, since: str = "yesterday", product: str = "", json: bool = False) -> int:
    """Say what is new, and post it to TESTIO_WEBHOOK_URL if that is set. Exit code 3: it was not posted."""
    from build.site.markdown.digest import digest_chat, digest_markdown
    from console.published import published, version_at
    from fetch.api.webhook import payload_for, post
    from quality.periods.dates import parse_range
    from quality.watch.digest import digest as new_since
    from quality.watch.digest import digest_json

    only = product_ids(product, "--product")

    def tell(settings: Settings) -> int:
        at = published(settings)
        began = parse_range(since, None, at.facts.as_of).start
        if began is None:
            raise InvalidInput(
                f"--since is {since!r}, which has no beginning.", "", "For example: --since yesterday"
            )
        before = version_at(at.snapshot, began, hide_names=at.facts.hide_names)
        found = new_since(at.facts, before, began, settings.quality, only)
        if json:
            say_json(digest_json(found))
        else:
            say(digest_markdown(found).splitlines())
        if settings.testio_webhook_url is None or found.empty:
            return 0
        url = settings.testio_webhook_url.get_secret_value()
        try:
            post(url, payload_for(url, digest_chat(found, settings.testio_site_base_url)))
        except UserError as error:
            complain(error)
            return PARTLY
        return 0

    return each_account(tell, one=json)
