"""A note: its front matter between two lines of `---`, and its Markdown."""

from dataclasses import dataclass

from context_files.yaml import BadYaml, Parsed, parse

_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Parts:
    """Hold the front matter as it was parsed, and the Markdown below it."""

    front: Parsed
    text: str


def split(text: str) -> Parts:
    """Part a note into front matter and Markdown; a note without front matter has an empty one.

    Raises:
        BadYaml: When the front matter does not end, or is no YAML; the line is that of the file.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return Parts(Parsed({}), text.strip("\n"))
    end = next((at for at, line in enumerate(lines) if at and line.rstrip() == _FENCE), None)
    if end is None:
        raise BadYaml(1, "The front matter does not end; put a line of --- below it.")
    # A blank line stands for the fence, so that lines count as in the file.
    front = parse("\n".join(["", *lines[1:end], ""]))
    if front.value is None:
        front.value = {}
    return Parts(front, "\n".join(lines[end + 1 :]).strip("\n"))
