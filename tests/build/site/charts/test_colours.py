"""What the colours of the style sheet mean, measured: for eyes that see less, and on grey paper."""

import re
from colorsys import rgb_to_hls
from itertools import pairwise

import pytest

from build.site.jinja import TEMPLATES

CSS = (TEMPLATES / "assets" / "report.css").read_text(encoding="utf-8")
BLOCKS = {
    "light": re.search(r":root \{(.*?)\}", CSS, re.DOTALL),
    "dark": re.search(r"dark\) \{\s*:root \{(.*?)\}", CSS, re.DOTALL),
}
OUTCOMES = ("person", "time", "rejected", "open")
SEVERITIES = ("critical", "high", "medium", "low")
STRONG = ("critical", "high", "medium", "person", "rejected", "type")
SOFT = ("low", "time", "open")
TEXTS = [
    *((ink, on) for ink in ("ink", "muted", "accent", "good", "bad") for on in ("bg", "card", "accent-soft")),
    *(("on-strong", colour) for colour in STRONG),
    *(("on-soft", colour) for colour in SOFT),
    ("good", "good-soft"), ("warn", "warn-soft"), ("bad", "bad-soft"), ("calm", "calm-soft"),
    ("card", "accent"),
]  # fmt: skip
GRAPHICS = (*SEVERITIES, "person", "time", "rejected", "type", "accent", "muted", "warn", "bad")
TYPES = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB."""

RGB = tuple[float, float, float]


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> dict[str, RGB]:
    block = BLOCKS[request.param]
    assert block
    return {name: linear(value) for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[1])}


def linear(value: str) -> RGB:
    digits = value[1:] if len(value) == 7 else "".join(2 * one for one in value[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return red, green, blue


def grey(colour: RGB) -> float:
    """The luminance, which is all that is left of a colour on grey paper."""
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), colour, strict=True))


def contrast(one: RGB, other: RGB) -> float:
    dark, light = sorted((grey(one), grey(other)))
    return (light + 0.05) / (dark + 0.05)


def seen(colour: RGB, by: str) -> RGB:
    red, green, blue = (
        min(1.0, max(0.0, sum(share * part for share, part in zip(row, colour, strict=True))))
        for row in TYPES[by]
    )
    return red, green, blue


def hue(colour: RGB) -> float:
    return 360 * rgb_to_hls(*(part ** (1 / 2.2) for part in colour))[0]


def test_the_severities_are_one_ramp_of_one_hue(colours: dict[str, RGB]) -> None:
    ramp = [colours[name] for name in SEVERITIES]
    paper = colours["card"]
    away = [contrast(one, paper) for one in ramp]
    assert away == sorted(away, reverse=True)
    assert min(contrast(one, other) for one, other in pairwise(ramp)) > 1.4
    hues = [hue(one) for one in ramp]
    assert max(hues) - min(hues) < 12


def test_no_severity_or_outcome_has_the_hue_of_a_judgement(colours: dict[str, RGB]) -> None:
    judged = [hue(colours[name]) for name in ("good", "warn", "bad")]
    shown = [hue(colours[name]) for name in (*SEVERITIES, "person", "time")]
    apart = [min(abs(one - other), 360 - abs(one - other)) for one in shown for other in judged]
    assert min(apart) > 25


@pytest.mark.parametrize("eyes", ["all", *TYPES])
def test_outcomes_are_told_apart_in_grey_and_by_every_eye(colours: dict[str, RGB], eyes: str) -> None:
    shown = [colours[name] if eyes == "all" else seen(colours[name], eyes) for name in OUTCOMES]
    assert min(contrast(one, other) for at, one in enumerate(shown) for other in shown[at + 1 :]) > 1.3


@pytest.mark.parametrize("eyes", ["all", *TYPES])
def test_severities_are_told_apart_in_grey_and_by_every_eye(colours: dict[str, RGB], eyes: str) -> None:
    shown = [colours[name] if eyes == "all" else seen(colours[name], eyes) for name in SEVERITIES]
    assert min(contrast(one, other) for at, one in enumerate(shown) for other in shown[at + 1 :]) > 1.3


def test_text_has_the_contrast_of_level_aa(colours: dict[str, RGB]) -> None:
    assert [(ink, on) for ink, on in TEXTS if contrast(colours[ink], colours[on]) < 4.5] == []


def test_what_is_drawn_stands_out_from_what_is_behind_it(colours: dict[str, RGB]) -> None:
    """Open bugs alone are pale: they are what is left of the bar, and their count stands in it."""
    grounds = ("card", "bg")
    assert [name for name in GRAPHICS for on in grounds if contrast(colours[name], colours[on]) < 3] == []
