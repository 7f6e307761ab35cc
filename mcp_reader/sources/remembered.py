"""Answers over one published version, kept for equal calls."""

from collections import OrderedDict

from fastmcp.tools import ToolResult

from base.bounds import REMEMBERED_LETTERS


class Remembered:
    """The latest answers over one version, of `REMEMBERED_LETTERS` in all.

    Args:
        most: Letters of text that are kept.
    """

    def __init__(self, most: int = REMEMBERED_LETTERS) -> None:
        self._answers: OrderedDict[bytes, ToolResult] = OrderedDict()
        self._left = most

    def get(self, call: bytes) -> ToolResult | None:
        """Return the answer to a call; None when it is not kept."""
        if call in self._answers:
            self._answers.move_to_end(call)
        return self._answers.get(call)

    def put(self, call: bytes, answer: ToolResult) -> None:
        """Keep the answer to a call, and the others as far as there is room."""
        if call in self._answers:
            self._left += _letters(self._answers.pop(call))
        self._answers[call] = answer
        self._left -= _letters(answer)
        while self._left < 0:
            self._left += _letters(self._answers.popitem(last=False)[1])


def _letters(answer: ToolResult) -> int:
    return sum(len(getattr(part, "text", "")) for part in answer.content)
