"""The tables of the portfolio: products side by side, and the deadlines of all."""

from datetime import timedelta

from quality.options import QualityOptions
from quality.views.lists.products import deadlines_table, products_table, untested_text
from quality.views.portfolio import portfolio_view
from quality.views.table import Day, Figure, Reference, Row, Table, Text
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test

OLD = NOW - timedelta(days=120)
VIEW = portfolio_view(
    make_facts(
        [
            make_test(make_bugs(rejected=20, active_accepted=20), id=10, product_id=1),
            make_test(make_bugs(active_accepted=40), id=11, product_id=1, end_at=OLD),
            make_test(
                [make_bug("open", "high"), *make_bugs(open=2, active_accepted=3)],
                id=12,
                product_id=1,
                end_at=NOW - timedelta(days=2),
            ),
            make_test(make_bugs(open=4), id=13, product_id=2, end_at=NOW - timedelta(days=40)),
        ],
        products=[make_product(1, "Shop"), make_product(2, "Bank"), make_product(3, "Idle")],
    ),
    QualityOptions(),
)


def cells(table: Table, row: Row) -> dict[str, object]:
    return dict(zip((column.key for column in table.columns), row.cells, strict=True))


def test_a_row_has_each_rate_now_and_before_and_leads_to_the_bugs_that_it_counts() -> None:
    table = products_table(VIEW.rows, "last-90-days")
    shop = cells(table, table.rows[0])
    now, before = shop["rejection_rate_of_decided"], shop["rejection_rate_of_decided_before"]
    assert isinstance(now, Figure)
    assert isinstance(before, Figure)
    assert (now.measure.text, before.measure.text) == ("47 %", "0 %")
    assert now.to == Reference("bugs", 1, which="last-90-days.rejected")
    assert now.change is not None
    assert now.change.better is False
    assert before.to is None
    decided = shop["decided"]
    assert isinstance(decided, Figure)
    assert decided.to == Reference("bugs", 1, which="last-90-days.closed")


def test_a_count_of_nothing_leads_nowhere_and_a_change_by_chance_is_not_marked() -> None:
    table = products_table(VIEW.rows, "last-90-days")
    bank = cells(
        table,
        next(row for row in table.rows if isinstance(row.cells[0], Text) and row.cells[0].text == "Bank"),
    )
    assert isinstance(found := bank["accepted_critical"], Figure)
    assert found.to is None
    assert found.below == ()
    assert isinstance(found := bank["test_count"], Figure)
    assert found.change is None


def test_accepted_grave_bugs_say_of_how_many_found_ones_they_are_and_how_many_are_open() -> None:
    table = products_table(VIEW.rows, "last-90-days")
    high = cells(table, table.rows[0])["accepted_high"]
    assert isinstance(high, Figure)
    assert high.below == (
        Text("of 46", Reference("bugs", 1, which="last-90-days.high")),
        Text("3 open", Reference("bugs", 1, which="last-90-days.high.open")),
    )


def test_what_is_due_is_the_first_deadline_and_the_overdue_ones_apart() -> None:
    table = products_table(VIEW.rows, "last-90-days")
    due = {str(row.cells[0].text): row.cells[-1] for row in table.rows if isinstance(row.cells[0], Text)}
    shop, bank = due["Shop"], due["Bank"]
    assert isinstance(shop, Day)
    assert shop.at == NOW + timedelta(days=8)
    assert shop.to == Reference("bugs", 1, which="every.open")
    assert shop.below == (Text("to do by 4 Dec"),)
    assert isinstance(bank, Day)
    assert bank.at is None
    assert bank.below == (Text("4 overdue", Reference("bugs", 2, which="every.overdue")),)
    idle = due["Idle"]
    assert isinstance(idle, Day)
    assert (idle.at, idle.below) == (None, (Text("to do by 4 Dec"),))


def test_deadlines_of_all_products_come_by_date_with_their_grave_bugs_and_without_overdue_ones() -> None:
    (row,) = deadlines_table(VIEW.deadlines).rows
    found = cells(deadlines_table(VIEW.deadlines), row)
    assert [found[key].value for key in ("bugs", "critical", "high")] == [3, 0, 3]  # type: ignore[attr-defined]


def test_products_without_a_test_are_named_in_one_line() -> None:
    assert untested_text(VIEW.rows, 5) == "1 product not tested in this period: Idle (to do by 4 Dec)."
    many = portfolio_view(
        make_facts([], products=[make_product(at, f"P{at}") for at in range(4)]), QualityOptions()
    )
    said = "4 products not tested in this period: P0 (to do by 4 Dec), P1 (to do by 4 Dec) and 2 more."
    assert untested_text(many.rows, 2) == said
