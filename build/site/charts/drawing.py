"""What every chart is made of: one image with a name and a description, and short numbers."""

from markupsafe import Markup, escape

_COARSE_FROM = 100


def image(key: str, title: str, description: str, attributes: str, body: str) -> Markup:
    """Write a chart as one image to a screen reader, with its name and description."""
    opened = f'<svg role="img" aria-labelledby="{key}-t" aria-describedby="{key}-d" {attributes}>'
    named = f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(description)}</desc>'
    return Markup(f"{opened}{named}{body}</svg>")  # noqa: S704 - texts were escaped where they were put in


def put(number: float) -> str:
    """Write a number with at most one decimal, none from 100 up: finer than anyone sees, and short."""
    return f"{number:.0f}" if abs(number) >= _COARSE_FROM else f"{number:.1f}".removesuffix(".0")
