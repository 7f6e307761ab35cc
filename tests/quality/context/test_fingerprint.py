"""A product's fingerprint changes with what the context says of it, and with nothing else."""

from dataclasses import replace

import pytest

from quality.context.fingerprint import fingerprint
from quality.model.context import Context, Fault
from tests.factories import make_bug, make_facts, make_feature, make_product, make_test
from tests.quality.context.contexts import (
    HERE,
    make_action,
    make_context,
    make_goals,
    make_link,
    make_note,
    make_own,
    make_release,
)

FACTS = make_facts(
    [make_test([make_bug(id=4001)], id=1), make_test(id=2, product_id=599)],
    products=[make_product(), make_product(599, "Other")],
    features=[make_feature(2001)],
)


def prints(context: Context) -> list[str]:
    facts = replace(FACTS, context=context)
    return [fingerprint(facts, product) for product in (598, 599, None)]


@pytest.mark.parametrize(
    "context",
    [
        make_context(notes=(make_note(),)),
        make_context(notes=(make_note(target="test", id=1),)),
        make_context(notes=(make_note(target="feature", id=2001),)),
        make_context(releases=(make_release(),)),
        make_context(goals=(make_goals(),)),
        make_context(actions=(make_action(),)),
        make_context(links=(make_link(),)),
        make_context(own=(make_own(),)),
    ],
)
def test_what_is_said_of_a_product_changes_its_fingerprint_alone(context: Context) -> None:
    of_product, of_other, of_all = prints(context)
    before = prints(Context())
    assert of_product != before[0]
    assert of_other == before[1]
    assert of_all != before[2]
    assert prints(context) == [of_product, of_other, of_all]


def test_what_belongs_to_no_product_changes_all_and_a_mistake_none() -> None:
    before = prints(Context())
    everywhere = make_context(actions=(make_action(product_id=None),), notes=(make_note(id=77),))
    assert all(one != other for one, other in zip(prints(everywhere), before, strict=True))
    assert prints(make_context(faults=(Fault(HERE, "x"),))) == before


def test_facts_of_some_products_say_nothing_of_others_and_nothing_internal() -> None:
    context = make_context(
        notes=(make_note("Secret"), make_note("Said", visibility="published", target="product", id=598)),
        releases=(make_release(), make_release("9", product_id=599)),
        goals=(make_goals(), make_goals(product_id=599)),
        actions=(make_action(), make_action(product_id=None)),
        own=(make_own(product_id=599, visibility="published"),),
        links=(make_link(state="fixed"),),
    )
    said = replace(FACTS, context=context).of_products({598}).context
    assert [note.text for note in said.notes] == ["Said"]
    assert [one.product_id for one in said.releases] == [598]
    assert [one.product_id for one in said.goals] == [598]
    assert [one.product_id for one in said.actions] == [598]
    assert said.own == ()
    assert set(said.settled) == {4001}
