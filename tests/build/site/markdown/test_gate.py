"""The gate's Markdown is one page that no name of a product can change."""

from dataclasses import replace

from markdown_it import MarkdownIt

from build.site.markdown.gate import MOST_LINES, MOST_PRODUCTS, gate_markdown
from quality.options import QualityOptions
from quality.watch.gate import Broken, gate
from tests.factories import make_bug, make_facts, make_product, make_test

HOSTILE = "Shop\n# Owned | [x](javascript:alert(1)) <img src=x onerror=alert(1)> @team"


def test_a_hostile_name_stays_text() -> None:
    facts = make_facts([make_test([make_bug(severity="critical")])], products=[make_product(name=HOSTILE)])
    text = gate_markdown(gate(facts, QualityOptions()))
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<h2>") == html.count("<h3>") == 1
    assert "<a" not in html
    assert "<img" not in html
    assert "act now" in html


def test_many_broken_rules_are_cut_to_one_page_and_counted() -> None:
    whole = gate(make_facts([make_test()]), QualityOptions())
    products = {number: f"Product {number}" for number in range(1, 40)}
    lines = tuple(Broken("goals", number, "x", f"Goal {at}") for number in products for at in range(9))
    text = gate_markdown(replace(whole, products=products, broken=lines))
    assert text.count("\n### ") == MOST_PRODUCTS
    assert text.count("\n- Goal") == MOST_PRODUCTS * MOST_LINES
    assert text.endswith("And 19 more products.\n")
    assert "| No goal is missed | **broken 351×** |" in text


def test_a_gate_that_is_passed_says_so() -> None:
    text = gate_markdown(gate(make_facts([make_test()]), QualityOptions()))
    assert text.startswith("## Quality gate: passed\n")
    assert "broken" not in text
