import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from build.site.links import Links
from build.site.markdown.escape import Raw, chat_text, escape
from build.site.markdown.tables import Target, table
from quality.views.table import Column, Row, Table, Text

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
JOINER = "\u2060"
HOSTILE = [
    "a | b",
    "a \\| b",
    "line one\nline two",
    "line one\r\n\r\n# line two",
    "a\u2028b\u0085c\x0bd",
    "`code`",
    "``` fence",
    "~~~ fence",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/p.png)",
    "[x]: https://evil.example",
    "<script>alert(1)</script>",
    "<!-- comment",
    "<https://evil.example>",
    "# heading",
    "#hashtag",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "=====",
    "-----",
    "***",
    "___",
    "**bold** _em_ ~~gone~~ *em*",
    "&lt;b&gt; &amp; &#35; &copy;",
    "ends with a backslash \\",
    "\\",
    "$x^2$ and $$y$$",
    "|---|---|",
    "    indented code",
    "\ttabbed",
    "{{ 7*7 }} {% raw %}",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "\ud800 lone",
    "\u202edlrow",
]


def structure(tokens: Sequence[Token]) -> list[str]:
    kinds = []
    for token in tokens:
        if token.type in {"text", "text_special", "softbreak"}:
            continue
        kinds.append(token.type)
        if token.children:
            kinds += structure(token.children)
    return kinds


def shown(markdown: str) -> str:
    """The text that a reader of the rendered Markdown sees."""

    def texts(tokens: Sequence[Token]) -> list[str]:
        found = []
        for token in tokens:
            if token.children:
                found += texts(token.children)
            elif token.type in {"text", "text_special", "code_inline", "html_inline"}:
                found.append(token.content)
        return found

    return "".join(texts(READER.parse(markdown)))


def plain(text: str) -> str:
    return " ".join(re.sub(r"[\ud800-\udfff\u202e]", "", text).split())


PLACES = {
    "a line": "{}\n",
    "a list item": "- {}\n- next\n",
    "bold": "before **{}** after\n",
    "a link": "[{}](page.html)\n",
    "a cell": "| a | b |\n| --- | --- |\n| {} | next |\n",
    "a heading": "## {}\n\nnext\n",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_nothing_around_it(place: str, text: str) -> None:
    markdown = PLACES[place].format(escape(text))
    assert structure(READER.parse(markdown)) == structure(READER.parse(PLACES[place].format("harmless")))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_is_on_one_line(text: str) -> None:
    assert shown(escape(text)).replace(JOINER, "") == plain(text)


@given(st.text(alphabet=st.sampled_from("ab1 |\\`*_[]()<>&#+-=.!~$@:/\n\t{}'\"w"), max_size=30))
def test_no_mix_of_special_characters_changes_what_is_around_it(text: str) -> None:
    twin = "harmless" if text.split() else ""
    for place in ("a line", "a list item", "a cell", "a link"):
        markdown = PLACES[place].format(escape(text))
        assert structure(READER.parse(markdown)) == structure(READER.parse(PLACES[place].format(twin)))


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("ask @here and @org/team", r"@\w"),
        ("mail me@example.com", r"@\w"),
        ("so :smile: and :+1:", r":[\w+-]+:"),
        ("see https://evil.example", r"https?://"),
        ("see HTTP://EVIL.example", r"(?i)https?://"),
        ("see www.evil.example", r"www\.\w"),
        ("fixes #123", r"#\d"),
        ("see !123 and group/project!9", r"!\d"),
        ("see GH-12, gh-7", r"(?i)gh-\d"),
        ("see $12, &34, ~bug and %5", r"[$&~%]\w"),
        (f"broken by {'0123456789abcdef' * 2}01234567", r"[0-9a-f]{7}"),
        (f"broken by {'1234567890' * 4}", r"[0-9a-f]{7}"),
        ("broken by 9fceb02 and DEADBEEF01", r"(?i)\b[0-9a-f]{7,}"),
        ("{{ site.title }} {% include x %} {# no #}", r"\{[{%#]"),
        ("{{{{ x", r"\{\{"),
    ],
)
def test_nobody_is_called_and_no_address_becomes_a_link_even_after_rendering(text: str, call: str) -> None:
    markdown = escape(text)
    assert not re.search(call, shown(markdown))
    assert shown(markdown).replace(JOINER, "") == text


CHAT_SIGNS = str.maketrans("\u2217\u02cb\u223c\u02cd\u2039", "*`~_<")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["{}\n", "- {}\n- next\n"])
def test_a_chat_shows_a_text_as_it_is_whether_it_reads_markdown_or_not(place: str, text: str) -> None:
    r"""Slack showed "Checkout \[iOS\]", with the backslashes that Markdown needs."""
    written = chat_text(text)
    assert written.replace(JOINER, "").translate(CHAT_SIGNS) == plain(text).translate(CHAT_SIGNS)
    assert structure(READER.parse(place.format(written))) == structure(READER.parse(place.format("harmless")))
    if not re.search(r"&\w+;", text):
        assert shown(written) == written


@pytest.mark.parametrize(
    "text",
    [
        "*bold*",
        "_em_",
        "~gone~",
        "`code`",
        "<!channel>",
        "<@U024BE7LH>",
        "<https://evil.example|x>",
        "@here",
        ":smile:",
    ],
)
def test_a_text_is_no_emphasis_command_or_call_in_a_chat(text: str) -> None:
    pattern = r"[*~`]|(?<!\w)_|_(?!\w)|<|@\w|:\w+:|://"
    assert re.search(pattern, text)
    assert not re.search(pattern, chat_text(text))


def test_ordinary_names_stay_as_they_are_in_a_chat() -> None:
    text = "Checkout [iOS] (customer_finalized): 47 of 58, 5 > 3 & more – “pay”"
    assert chat_text(text) == text


def test_ordinary_text_is_left_alone() -> None:
    text = "62 of 72 accepted (86.1 %), up 5.1 points from 81.0 % (47 of 58); “Checkout: pay” – 3.5 × more"
    assert escape(text) == text


def test_raw_markdown_is_put_in_as_it_is() -> None:
    assert escape(Raw("**bold**")) == "**bold**"


def test_a_table_keeps_to_five_columns_and_ten_rows_and_says_so() -> None:
    columns = tuple(Column(f"h{at}", f"h{at}", "text" if at < 3 else "count") for at in range(7))
    rows = tuple(Row(tuple(Text(f"c{at}") for at in range(7))) for _ in range(12))
    markdown = table(Table("any", "Any", columns, rows), Links(), Target(None))
    assert markdown is not None
    tokens = READER.parse(markdown)
    assert sum(token.type == "th_open" for token in tokens) == 5
    assert sum(token.type == "tr_open" for token in tokens) == 11
    assert markdown.endswith("\n\nThe first 10 of 12 rows.")
    assert markdown.splitlines()[1] == "| --- | --- | --- | ---: | ---: |"


@pytest.mark.parametrize(
    ("base", "path", "link"),
    [
        (
            "https://quality.example/site",
            "products/1-a/report.md",
            "[a \\*](https://quality.example/site/tests/1.html)",
        ),
        (
            "https://quality.example/a b/(c)/",
            None,
            "[a \\*](https://quality.example/a%20b/%28c%29/tests/1.html)",
        ),
        (None, "products/1-a/ytd/report.md", "[a \\*](../../../tests/1.html)"),
        (None, None, "a \\*"),
    ],
)
def test_links_are_absolute_with_a_base_url_and_relative_beside_a_page(
    base: str | None, path: str | None, link: str
) -> None:
    assert Target(base, path).link("a *", "tests/1.html") == link
