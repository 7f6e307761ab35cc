"""A prompt: analyse the quality of a product, from the report to what to do."""

NAME = "analyze-product-quality"
TITLE = "Analyse product quality"
_END = """
Then write: a headline in two sentences; what is good; what is not, with counts and bug ids; what to do, who,
until when. Counts beside every rate; too few to judge is a result. Auto-accepted bugs were reviewed by
nobody. testio://knowledge/playbook says how the numbers are meant."""


def analyze_product_quality(
    product: str = "",
    period: str = "",
    focus: str = "",
    product_identifier: str = "",
    focus_area: str = "",
) -> str:
    """Analyse one, several or all products: how good, what changed, why, and what to do.

    Args:
        product: A name or id, several with commas, or all.
        period: Such as last quarter, 2026-Q3 or last 90 days; the default period when left out.
        focus: What matters most, such as rejections or a feature.
        product_identifier: Another name of product.
        focus_area: Another name of focus.
    """
    who = (product or product_identifier).strip()
    what, span = (focus or focus_area).strip(), period.strip()
    every = not who or who.casefold() in {"all", "portfolio", "compare"}
    task = f"Analyse the quality of {'all products' if every else f'the product {who!r}'}"
    task += f" over {span!r}" if span else ""
    task += f", above all {what!r}" if what else ""
    given = ["" if every else f"product_ids={who!r}", f"start_date={span!r}" if span else ""]
    report = ", ".join([*filter(None, given), "compare='previous_period'"])
    why = (
        "list_products(sort_by='product_verdict'): name the worst product, and repeat step 2 for it."
        if every
        else f"Why? query_metrics(metrics='bug_count', dimensions='feature', "
        f"filters={{'product': {who!r}}}), then"
        " by rejection_reason, severity and month; list_features and list_bugs for the cases behind them."
    )
    steps = (
        "Is the data fresh and whole? get_server_diagnostics(). Name its age and gaps before any number.",
        (
            f"generate_quality_report({report}): verdicts, what changed by more than chance,"
            f" findings, deadlines."
        ),
        why,
        "What is due? list_review_deadlines(): by day, with the tests.",
        "Look at two or three bugs behind each claim (get_bug_summary) before making it.",
    )
    return "\n".join([f"{task}.", "", *(f"{at}. {step}" for at, step in enumerate(steps, 1)), _END])
