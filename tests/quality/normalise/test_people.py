"""People are called by what stands for their names, and by nothing that leads to them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from quality.model.entities import Comment
from quality.normalise.people import pseudonym, without_names
from tests.factories import make_bug, make_test

NAMES = st.text(min_size=1, max_size=40)


@given(st.sets(NAMES, min_size=2, max_size=20))
def test_every_name_has_a_pseudonym_of_its_own(names: set[str]) -> None:
    found = {pseudonym(name) for name in names}
    assert len(found) == len(names)
    assert all(re.fullmatch(r"Person [0-9a-f]{12}", one) for one in found)


def test_a_pseudonym_is_the_same_in_every_release() -> None:
    """Pages that were sent last year and answers of today have to agree."""
    assert pseudonym("Ann Example") == "Person 561cafeb9d4c"


def test_a_name_that_is_no_text_at_all_has_one() -> None:
    assert pseudonym("\ud800") != pseudonym("\udfff")


def test_everyone_who_is_named_is_hidden_and_texts_stay() -> None:
    comments = (Comment("Ann", "Ann says no."), Comment(None, "So be it."))
    bug = make_bug(tester="Ben", tester_id=7, comments=comments, title="Ben's bug")
    hidden = without_names(make_test([bug], created_by="Cleo", submitted_by="Ann"))
    (told,) = hidden.bugs
    assert (hidden.created_by, hidden.submitted_by) == (pseudonym("Cleo"), pseudonym("Ann"))
    assert (told.tester, told.tester_id, told.title) == (pseudonym("Ben"), 7, "Ben's bug")
    assert told.comments == (Comment(pseudonym("Ann"), "Ann says no."), Comment(None, "So be it."))


def test_who_is_not_named_stays_without_a_name() -> None:
    test = make_test([make_bug(tester=None)], created_by=None, submitted_by=None)
    assert without_names(test) == test
