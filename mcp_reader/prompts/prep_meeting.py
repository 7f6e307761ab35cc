"""A prompt: prepare a meeting about test results."""

NAME = "prep-meeting"
TITLE = "Prepare a meeting"

KINDS = {
    "weekly": "what is new, what is due, who does what",
    "release": "whether it can go out: critical bugs, failed features, what is untested",
    "quarterly": "the quarter against the one before, trends, what was learned",
    "escalation": "the facts in order of time, cause, what happens next",
}


def prep_meeting(
    meeting_type: str = "weekly",
    duration: str = "30 minutes",
    audience: str = "",
    product: str = "",
    context: str = "",
) -> str:
    """Prepare an agenda with the numbers for a meeting about test results.

    Args:
        meeting_type: weekly, release, quarterly, escalation, or your own words.
        duration: Such as 30 minutes.
        audience: Who listens, such as engineers or management.
        product: A name or id; all products when left out.
        context: What else to know.
    """
    kind = meeting_type.strip().casefold()
    about = KINDS.get(kind, "what the audience has to decide")
    scope = f"product_ids={product.strip()!r}" if product.strip() else ""
    period = "last quarter" if kind == "quarterly" else "last 30 days"
    lines = [
        (
            f"Prepare a {meeting_type.strip() or 'weekly'} meeting of {duration.strip() or '30 minutes'}"
            f"{f' for {audience.strip()}' if audience.strip() else ''}"
            f"{f' about {product.strip()!r}' if product.strip() else ''}: {about}."
        ),
        *([f"To know beforehand: {context.strip()}"] if context.strip() else []),
        "",
        (
            f"1. generate_quality_report({scope}{', ' if scope else ''}start_date={period!r},"
            f" compare='previous_period')"
        ),
        f"2. get_changes({scope}) and list_review_deadlines({scope})",
        f"3. list_bugs({scope}{', ' if scope else ''}severity='critical', review='open'): each by name",
        "",
        (
            "Write an agenda that fits the time: for each item one number with its counts, one"
            " question to decide, one"
            " owner. Put first what is due first. Leave out what nobody can act on. Say how old the data is."
        ),
    ]
    return "\n".join(lines)
