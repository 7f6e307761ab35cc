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
