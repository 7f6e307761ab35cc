"""Reads HTML as a strict reader would: every element is closed in its order, every id is unique."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "input", "link", "meta"})


@dataclass
class Element:
    """An element with its attributes and the text directly and indirectly inside."""

    tag: str
    attributes: dict[str, str | None]
    path: tuple[str, ...]
    said: list[str]
    start: int
    end: int

    @property
    def text(self) -> str:
        return "".join(self.said[self.start : self.end])


@dataclass
class Document:
    """The elements of a page in their order, and what is wrong with it."""

    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Element]:
        return (element for element in self.elements if element.tag == tag)

    @property
    def ids(self) -> list[str]:
        return [value for element in self.elements if (value := element.attributes.get("id"))]

    @property
    def structure(self) -> list[tuple[str, tuple[str, ...]]]:
        """Tags with the names of their attributes."""
        return [(element.tag, tuple(element.attributes)) for element in self.elements]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()
        self.open: list[Element] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(dict(attrs)) != len(attrs):
            self.document.faults.append(f"<{tag}> has an attribute twice")
        element = self.add(tag, attrs)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.add(tag, attrs)

    def add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        at = len(self.said)
        element = Element(tag, dict(attrs), tuple(one.tag for one in self.open), self.said, at, at)
        self.document.elements.append(element)
        return element

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1].tag != tag:
            self.document.faults.append(f"</{tag}> closes {self.open[-1].tag if self.open else 'nothing'}")
            return
        self.open.pop().end = len(self.said)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def read(html: str) -> Document:
    """Parse a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    document = reader.document
    document.faults += [f"<{element.tag}> is not closed" for element in reader.open]
    document.faults += [f"id {one} twice" for one, times in Counter(document.ids).items() if times > 1]
    return document
