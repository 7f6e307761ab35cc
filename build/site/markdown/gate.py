"""The gate's answer as Markdown of one page, sized for the summary of a pipeline's step."""

from collections.abc import Iterator

from build.site.markdown.escape import escape
from quality.watch.gate import RULES, Broken, Gate
from quality.wording import counted, moment

MOST_PRODUCTS = 20
MOST_LINES = 6
"""What is told of one product."""


def gate_markdown(found: Gate) -> str:
    """Write what the gate says: the rules, then what breaks them by product."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Gate) -> Iterator[str]:
    yield f"## Quality gate: {'passed' if found.passed else 'failed'}"
    yield ""
    release = f", release {escape(found.release)}" if found.release else ""
    yield f"Data of {moment(found.as_of)}, {counted(len(found.products), 'product')}{release}."
    yield ""
    yield "| Rule | Result |"
    yield "| --- | --- |"
    for key in found.rules:
        times = sum(one.rule == key for one in found.broken)
        yield f"| {RULES[key].title} | {f'**broken {times:,}×**' if times else 'kept'} |"
    by_product: dict[int, list[Broken]] = {}
    for one in found.broken:
        by_product.setdefault(one.product_id, []).append(one)
    for product_id, broken in list(by_product.items())[:MOST_PRODUCTS]:
        yield ""
        yield f"### {escape(found.products[product_id])} ({product_id})"
        yield ""
        yield from (f"- {escape(one.text)}" for one in broken[:MOST_LINES])
        if len(broken) > MOST_LINES:
            yield f"- and {len(broken) - MOST_LINES:,} more"
    if len(by_product) > MOST_PRODUCTS:
        yield ""
        yield f"And {counted(len(by_product) - MOST_PRODUCTS, 'more product')}."
