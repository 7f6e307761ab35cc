import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from zlib import crc32

import pytest
from msgspec import structs

from build.site.markdown import report
from build.site.site import SiteOptions, site_files
from quality.model.entities import Comment
from quality.model.facts import Facts
from tests.build.site.built_sites import outline
from tests.build.site.golden import golden_facts
from tests.build.site.parsed_pages import read
from tests.factories import (
    ENDED,
    make_bug,
    make_facts,
    make_feature,
    make_product,
    make_test,
)


def _with_texts(facts: Facts, text: Callable[[str], str]) -> Facts:
    """The facts with every text of the upstream replaced."""
    tests = {
        test.id: replace(
            test,
            title=text(test.title),
            goal=text("goal"),
            instructions=text("instructions"),
            created_by=text("creator"),
            bugs=tuple(
                structs.replace(
                    bug,
                    title=text(bug.title),
                    tester=text("tester"),
                    feature=text(bug.feature or ""),
                    location=f"javascript:{text('location')}",
                    steps=(text("step"), text("step")),
                    expected_result=text("expected"),
                    actual_result=text("actual"),
                    comments=tuple(
                        replace(one, body=text(one.body), author=text("author")) for one in bug.comments
                    ),
                    attachments=(f"data:{text('attachment')}",),
                )
                for bug in test.bugs
            ),
            features=tuple(replace(one, title=text(one.title)) for one in test.features),
        )
        for test in facts.tests.values()
    }
    return replace(
        facts,
        tests=tests,
        products={one.id: replace(one, name=text(one.name)) for one in facts.products.values()},
        features={
            key: tuple(replace(one, title=text(one.title)) for one in few)
            for key, few in facts.features.items()
        },
        gaps=tuple(replace(gap, reason=text(gap.reason)) for gap in facts.gaps),
    )


ATTACKS = [
    "</title></p></td><script>alert(1)</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "{{ 7*7 }}{% include 'x' %}",
    "a | b | c\n\n# heading\n- item\n> quote",
    "[x](javascript:alert(1)) ![y](https://evil.example) <https://evil.example>",
    "`code` **bold** _em_ ~~gone~~ @here :smile: www.evil.example #1",
    "\x00\x08\u202e\ud800 \ufffe text",
]


@pytest.mark.slow
@pytest.mark.usefixtures("many_words")
def test_no_text_changes_the_structure_of_a_page_or_of_markdown() -> None:
    """Each text ends with another attack."""
    assert _structures(ATTACKS) == _harmless()


@pytest.mark.slow
@pytest.mark.usefixtures("many_words")
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_changes_a_structure_in_whichever_text_it_stands(attack: str) -> None:
    assert _structures([attack]) == _harmless()


@lru_cache(maxsize=1)
def _harmless() -> Mapping[str, object]:
    return _structures(["harmless"])


@pytest.fixture
def many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reports have as many rows whatever the texts are."""
    monkeypatch.setattr(report, "MOST_WORDS", 10_000)


def _structures(endings: Sequence[str]) -> dict[str, object]:
    """The structure of each page by its path without the product's name, when texts have these endings."""

    def attacking(text: str) -> str:
        return f"{text} {endings[crc32(text.encode()) % len(endings)]}"

    found: dict[str, object] = {}
    for path, content in site_files(_with_texts(golden_facts(), attacking)):
        key = re.sub(r"(products/\d+-)[^/]*", r"\1name", path)
        if path.endswith(".html"):
            page = read(content.decode())
            assert page.faults == [], path
            found[key] = page.structure
        elif path.endswith(".md"):
            found[key] = outline(content.decode())
    return found


@pytest.mark.parametrize("text", ["שגיאה בקופה.", "خطأ في الدفع!", "Checkout: שגיאה"])
def test_a_text_from_right_to_left_stands_in_an_element_of_its_own_direction(text: str) -> None:
    """The full stop of a Hebrew title stood at its wrong end, and turned the words after it around."""
    bug = make_bug(
        title=text, steps=(text,), actual_result=text, expected_result=text, tester=text, feature=text,
        location=text, comments=(Comment(text, text, ENDED),), devices=(),
    )  # fmt: skip
    test = make_test([bug], title=text, goal=text, instructions=text)
    facts = make_facts([test], products=[make_product(name=text)], features=[make_feature(title=text)])
    site = dict(site_files(facts, SiteOptions(customer_name=text)))
    seen = 0
    for path, content in site.items():
        if not path.endswith(".html"):
            continue
        page = read(content.decode())
        isolated = [one for one in page.elements if one.attributes.get("dir") == "auto"]
        for at, said in enumerate(page.elements[0].said):
            if said.strip() == text:
                seen += 1
                assert any(one.start <= at < one.end for one in isolated), (path, at, said)
    assert seen > 60
