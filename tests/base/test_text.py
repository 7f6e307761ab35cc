"""Texts of any origin are cleaned, cut and compared by one rule each."""

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.terminal import calm
from base.text import ascii_escapes, clean, closest, closest_ids, one_line, shorten

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=200)


@pytest.mark.parametrize(
    "parting", ["\t", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029"]
)
def test_a_control_that_parts_words_becomes_a_blank(parting: str) -> None:
    assert clean(f"Checkout{parting}fails") == "Checkout fails"
    assert one_line(f"Checkout {parting}{parting}fails{parting}") == "Checkout fails"


@pytest.mark.parametrize(
    "unseen",
    ["\x00", "\x08", "\x1b", "\x7f", "\x9b", "\xad", "\u200b", "\u200f", "\u202e", "\u2066", "\u3164",
     "\ufeff", "\ufffe", "\ufdd0", "\U000e0041", "\ud800", "\U0010ffff"],
)  # fmt: skip
def test_what_nobody_sees_is_dropped(unseen: str) -> None:
    assert clean(f"Check{unseen}out") == "Checkout"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_a_new_line(end: str) -> None:
    assert clean(f"a{end}b{end}{end}c") == "a\nb\n\nc"


@pytest.mark.parametrize(
    "text", ["Übersicht für 家族 👩‍👩‍👧 ❤️", "می‌خواهم", "½ – “quoted” 5\u00a0%", "e\u0301", "\U000f0000 glyph"]
)
def test_what_people_write_stays(text: str) -> None:
    assert clean(text) == text


@given(ANY_TEXT)
@example("\r\n\r\x85\r")
def test_clean_text_can_be_kept_everywhere_and_is_not_changed_again(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned
    controls = {one for one in cleaned if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}}
    assert controls <= {"\n"}
    assert not [
        one for one in cleaned if unicodedata.bidirectional(one) in {"LRE", "RLE", "LRO", "RLO", "PDF"}
    ]


@given(ANY_TEXT)
def test_cleaning_drops_nothing_that_has_a_shape(text: str) -> None:
    shapes = {"L", "N", "P", "S"}
    fillers = set("\u115f\u1160\u3164\uffa0")
    seen = [one for one in text if unicodedata.category(one)[0] in shapes and one not in fillers]
    kept = clean(text)
    assert [one for one in kept if unicodedata.category(one)[0] in shapes] == [
        one for one in seen if not "\ufff0" <= one <= "\ufffb"
    ]


@given(ANY_TEXT, st.integers(5, 60))
def test_a_shortened_text_is_one_line_within_its_width(text: str, width: int) -> None:
    shown = shorten(text, width)
    assert len(shown) <= width
    assert len(shown.splitlines()) <= 1
    assert shown == one_line(text) or (shown.endswith("…") and one_line(text).startswith(shown[:-1]))


def test_a_text_is_cut_at_its_width_and_nothing_is_an_empty_line() -> None:
    assert shorten("x" * 100, 10) == "x" * 9 + "…"
    assert shorten("x" * 10, 10) == "x" * 10
    assert shorten("short\ntext", 10) == "short text"
    assert shorten(None) == ""


def test_a_terminal_is_not_steered_and_columns_stay() -> None:
    assert calm("a\x1b[31mb\x9b2J\u202ec\r\nd\te   f") == "a[31mb2Jc d e   f"


@given(st.text())
def test_json_steers_no_terminal_and_says_the_same(text: str) -> None:
    """A product's name in `diff --json` cleared the screen, or turned the line around."""
    text = f"{text}\x9b2J\u202e\x7f\x1b]0;x\x07\U000e0041\ufeff".encode("utf-8", "ignore").decode()
    written = ascii_escapes(json.dumps({"name": text}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"name": text}
    assert clean(written) == written


@pytest.mark.parametrize(
    ("written", "near"),
    [("rejection rat", ["rejection_rate"]), ("BUG-COUNT", ["bug_count"]), ("zebra", []), ("", [])],
)
def test_a_word_with_a_slip_finds_what_was_meant(written: str, near: list[str]) -> None:
    assert closest(written, ["rejection_rate", "bug_count", "review_days"], 1) == near


def test_an_id_with_one_slip_finds_those_that_were_meant_the_nearest_number_first() -> None:
    known = {1903, 10933, 109, 1099, 2000, 1039}
    assert closest_ids(1093, known, 9) == [1099, 1039, 1903, 109, 10933]
    assert closest_ids(1093, known) == [1099, 1039, 1903]
    assert closest_ids(777_777, known) == []


@given(st.integers(1, 10**12), st.data())
def test_ids_are_close_when_one_digit_is_other_more_less_or_swapped(meant: int, data: st.DataObject) -> None:
    digits = str(meant)
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    slips = {
        digits[:place] + digit + digits[place + 1 :],
        digits[:place] + digit + digits[place:],
        digits[:place] + digits[place + 1 :],
        digits[:place] + digits[place + 1 : place + 2] + digits[place] + digits[place + 2 :],
    }
    for slip in slips - {digits, ""}:
        if not slip.startswith("0"):
            assert closest_ids(int(slip), {meant}) == [meant]
