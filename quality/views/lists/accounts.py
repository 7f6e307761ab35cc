"""Several accounts side by side: of each only counts and verdicts, no name of a product or bug."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quality.metrics.catalogue import METRICS
from quality.metrics.columns import BUGS, GRAVE, TESTS
from quality.metrics.measures import Measure
from quality.verdicts import WORST_FIRST, Level, worst
from quality.views.portfolio import PortfolioView
from quality.views.table import Amount, Column, Day, Reference, Row, Table, Term, Text
from quality.wording import counted

_METRICS = (TESTS, BUGS, *GRAVE)
_JUDGED: tuple[tuple[Level, str], ...] = (("act_now", "To act on"), ("watch", "To watch"), ("fine", "Fine"))


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account over the period.

    Attributes:
        name: Of its folder.
        title: As people call it.
        levels: The worse verdict of each product.
        measures: Of all its products together; empty without a snapshot.
        as_of: The snapshot's time; None without one.
    """

    name: str
    title: str
    levels: tuple[Level, ...] = ()
    measures: Mapping[str, Measure] | None = None
    as_of: datetime | None = None

    @property
    def level(self) -> Level:
        """Return the worst verdict of all products."""
        return worst(self.levels)


def account_row(name: str, title: str, view: PortfolioView, as_of: datetime) -> AccountRow:
    """Return what the page over all accounts says of one."""
    return AccountRow(name, title, tuple(row.level for row in view.rows), view.total, as_of)


def accounts_headline(rows: Sequence[AccountRow]) -> str:
    """Return how many accounts have products to act on, and of how many nothing is known."""
    acting = sum(row.level == "act_now" for row in rows)
    lost = sum(row.as_of is None for row in rows)
    said = f"{acting or 'None'} of {counted(len(rows), 'account')} with products to act on now."
    return f"{said} {counted(lost, 'account')} without a snapshot." if lost else said


def accounts_table(rows: Iterable[AccountRow]) -> Table:
    """Return the accounts, those with the worst verdict and most products of it first."""

    def stake(row: AccountRow) -> tuple[int, int, str]:
        return WORST_FIRST.index(row.level), -row.levels.count(row.level), row.title.casefold()

    return Table(
        key="accounts",
        title="Accounts",
        columns=(
            Column("account", "Account"),
            Column("verdict", "Worst verdict"),
            Column("products", "Products", "count"),
            *(Column(level, title, "count") for level, title in _JUDGED),
            *(Column(key, METRICS[key].title, METRICS[key].unit) for key in _METRICS),
            Column("as_of", "Data of", "day"),
        ),
        rows=tuple(_row(row) for row in sorted(rows, key=stake)),
    )


def _row(row: AccountRow) -> Row:
    if row.as_of is None or row.measures is None:
        nothing = (None,) * (2 + len(_JUDGED) + len(_METRICS) + 1)
        return Row((Text(row.title), *nothing), gap="no snapshot can be read")
    return Row(
        (
            Text(row.title, Reference("account", row.name)),
            Term("level", row.level),
            Amount(len(row.levels)),
            *(Amount(row.levels.count(level)) for level, _ in _JUDGED),
            *(Amount(row.measures[key].value, METRICS[key].unit) for key in _METRICS),
            Day(row.as_of),
        )
    )
