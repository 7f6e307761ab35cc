"""Releases that the titles of tests name."""

import pytest

from quality.releases import releases


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Release 4.3 regression", ("4.3",)),
        ("4.3 release candidate", ("4.3",)),
        ("v2.0", ("2.0",)),
        ("Hotfix 4.2.1 smoke test", ("4.2.1",)),
        ("Release 4.3: checkout", ("4.3",)),
        ("Release 4.3.", ("4.3",)),
        ("release v4.3 and version 4.4", ("4.3", "4.4")),
        ("Release 4.3, release 4.3", ("4.3",)),
        ("iOS 18.2 check", ()),
        ("preview 3.1", ()),
        ("Release 10.1b", ()),
        ("Release 1.2.3.4.5", ()),
        ("", ()),
        ("Rapid check", ()),
        ("Release 4", ()),
    ],
)
def test_a_number_is_a_release_only_beside_a_word_that_says_so(title: str, found: tuple[str, ...]) -> None:
    assert releases(title) == found
