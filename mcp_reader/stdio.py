"""Serving over the standard streams: a message that cannot be read is answered, not passed over.

The library drops a line that is no message, and a client waits for its answer for ever.
"""

import io
import json
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, BinaryIO, TypeGuard

from mcp_types import INVALID_REQUEST, PARSE_ERROR, jsonrpc_message_adapter

from base.bounds import MESSAGE_BYTES, MESSAGE_DEPTH
from config.logs import configure
from config.settings import Settings
from mcp_reader.server import create_server

log = logging.getLogger(__name__)
_BOM = b"\xef\xbb\xbf"
_STRING = re.compile(rb'"(?:[^"\\\\]|\\\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_PIPE_CLOSED = 141


def run_stdio(settings: Settings, *others: Settings) -> None:
    """Serve on standard input and output until the client leaves; stdout carries the protocol only.

    Raises:
        InvalidInput: When ENABLED_TOOLS or DISABLED_TOOLS cannot be used.
    """
    configure(settings.log_level, settings.log_format)  # once more: FastMCP brings a handler of its own
    server = create_server(settings, *others)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _leave)
    with guarded_streams():
        server.run("stdio", show_banner=False)


def _leave(number: int, _: FrameType | None) -> None:
    """End at once: a thread that waits for the next line of a terminal could not be stopped otherwise.

    Nothing is lost: the reader writes whole files only.
    """
    os._exit(128 + number)


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Put guards in the place of stdin and stdout; whatever else prints goes to stderr meanwhile."""
    before = sys.stdin, sys.stdout
    with (
        os.fdopen(os.dup(0), "rb") as source,
        os.fdopen(os.dup(1), "wb", buffering=0) as sink,
    ):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        answers = Answers(sink)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(Requests(source, answers)), encoding="utf-8")
        sys.stdout = _Printing(answers)
        try:
            yield
        finally:
            os.dup2(source.fileno(), 0)
            os.dup2(sink.fileno(), 1)
            sys.stdin, sys.stdout = before


class Answers(io.RawIOBase):
    """Stdout for whole messages, one after the other; the process ends when nobody reads it any more."""

    def __init__(self, sink: io.RawIOBase | BinaryIO) -> None:
        self._sink = sink
        self._turn = threading.Lock()

    def writable(self) -> bool:
        """Say that it takes messages."""
        return True

    def write(self, data: Any) -> int:
        """Write a message as a whole."""
        rest = memoryview(data)
        with self._turn:
            try:
                while rest:
                    rest = rest[self._sink.write(rest) or 0 :]
            except OSError:
                os._exit(_PIPE_CLOSED)
        return len(data)

    def refuse(self, line: bytes, code: int, why: str) -> None:
        """Answer a line that is no request, with its id where it has one."""
        log.warning("a message of %d bytes was refused: %s", len(line), why)
        error = {"jsonrpc": "2.0", "id": _id_of(line), "error": {"code": code, "message": why}}
        self.write(json.dumps(error).encode() + b"\n")


class Requests(io.RawIOBase):
    """Stdin, of which only lines that are messages get through; the others are answered at once."""

    def __init__(self, source: BinaryIO, answers: Answers) -> None:
        self._source = source
        self._answers = answers
        self._pending = b""

    def readable(self) -> bool:
        """Say that messages come from it."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Hand over the next message, or the rest of it; 0 at the end of the input."""
        while not self._pending:
            line = self._source.readline(MESSAGE_BYTES + 1)
            if not line:
                return 0
            if len(line) > MESSAGE_BYTES:
                self._skip(line)
                self._answers.refuse(b"", INVALID_REQUEST, f"A message has at most {MESSAGE_BYTES:,} bytes.")
                continue
            line = line.removeprefix(_BOM)
            if not line.strip():
                continue
            fault = fault_of(line)
            if fault is None:
                self._pending = line
            else:
                self._answers.refuse(line, *fault)
        part = self._pending[: len(buffer)]
        buffer[: len(part)] = part
        self._pending = self._pending[len(part) :]
        return len(part)

    def _skip(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._source.readline(MESSAGE_BYTES)


class _Printing:
    """A stream that `print` takes for stdout: its text goes to stderr, only messages to the real one."""

    def __init__(self, buffer: Answers) -> None:
        self.buffer = buffer

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def fault_of(line: bytes) -> tuple[int, str] | None:
    """Return the error code and reason why a line is no message; None of a message."""
    if _depth(line) > MESSAGE_DEPTH:
        return INVALID_REQUEST, f"At most {MESSAGE_DEPTH} lists and objects may stand in each other."
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return PARSE_ERROR, "The message is not in UTF-8."
    try:
        value = json.loads(text)
    except ValueError:
        return PARSE_ERROR, "The message is not JSON, or holds a number beyond all bounds."
    return _fault_of_value(value, line)


def _fault_of_value(value: Any, line: bytes) -> tuple[int, str] | None:
    if isinstance(value, list):
        return INVALID_REQUEST, "Batches are not part of the protocol; send one message a line."
    if isinstance(value, dict) and not _is_id(value.get("id", 0)):
        return INVALID_REQUEST, "The id of a request is a number or a text."
    try:
        jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return INVALID_REQUEST, "The line is JSON and no JSON-RPC message that can be read."
    return None


def _depth(line: bytes) -> int:
    """Return how deep brackets stand in each other outside of strings."""
    depth = deepest = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", line)):
        depth += 1 if found[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _id_of(line: bytes) -> int | str | None:
    """Return the id of a request that is refused, as far as the line can be read."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if _is_id(found) else None


def _is_id(found: object) -> TypeGuard[int | str]:
    return isinstance(found, int | str) and not isinstance(found, bool)
