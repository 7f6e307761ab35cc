"""What the search index holds: its fields, each with its kind."""

from whoosh.fields import ID, STORED, Schema

from build.search.analysis import Words

INDEX_NAME = "search4"
"""Also the format: an index with other fields or other words gets another number, and is rebuilt."""


def search_schema() -> Schema:
    """Describe the fields of every row.

    `uid` is `bug:4001`, `ended` the end of the test in ISO 8601 (of a bug: of its test), `title` and `text`
    are what is searched; `hash` stands for everything that a row holds. The row `state` has `snapshot`,
    in `made` what the rows of each test were made of, and in `people` whether they are `hidden`.
    No word is left out for being common, so that "to be" finds what it says.
    """
    return Schema(
        uid=ID(stored=True, unique=True),
        kind=ID(stored=True),
        product=ID(stored=True),
        test=ID(stored=True),
        severity=ID(),
        status=ID(),
        review=ID(),
        ended=ID(),
        title=Words(),
        text=Words(),
        hash=STORED(),
        snapshot=STORED(),
        made=STORED(),
        people=STORED(),
    )
