"""Lines that are no messages are answered at once, and the reader goes on; when nobody reads, it ends."""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import INVALID_REQUEST, PARSE_ERROR

from base.bounds import MESSAGE_BYTES, MESSAGE_DEPTH
from mcp_reader.stdio import Answers, Requests, fault_of
from tests.effort import GUARD
from tests.mcp_reader.test_stdio import SERVE, environment

PING = b'{"jsonrpc":"2.0","id":7,"method":"ping"}\n'
DEEP = MESSAGE_DEPTH + 1
CALL = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"a":%s}}'
UNREADABLE = {
    "half an emoji": (CALL % (1, rb'"\ud83d"'), INVALID_REQUEST, 1),
    "500 levels": (CALL % (2, b"[" * 500 + b"]" * 500), INVALID_REQUEST, 2),
    "objects in objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, INVALID_REQUEST, None),
    "5,000 digits": (CALL % (3, b"9" * 5000), PARSE_ERROR, None),
    "a batch": (b"[" + PING.strip() + b"]", INVALID_REQUEST, None),
    "an empty batch": (b"[]", INVALID_REQUEST, None),
    "no JSON": (b"GET / HTTP/1.1", PARSE_ERROR, None),
    "a cut message": (PING[:20], PARSE_ERROR, None),
    "another encoding": (CALL % (4, b'"\xe4"'), PARSE_ERROR, None),
    "UTF-16": (PING.decode().strip().encode("utf-16"), PARSE_ERROR, None),
    "another version": (b'{"jsonrpc":"1.0","id":5,"method":"ping"}', INVALID_REQUEST, 5),
    "a text": (b'"ping"', INVALID_REQUEST, None),
    "an odd id": (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', INVALID_REQUEST, None),
    "a truth for an id": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', INVALID_REQUEST, None),
    "a fraction for an id": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', INVALID_REQUEST, None),
    "no number for an id": (b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', INVALID_REQUEST, None),
    "nothing for an id": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', INVALID_REQUEST, None),
    "a list of arguments": (b'{"jsonrpc":"2.0","id":8,"method":"x","params":[]}', INVALID_REQUEST, 8),
    "no method": (b'{"jsonrpc":"2.0","id":9}', INVALID_REQUEST, 9),
    "something behind it": (PING.strip() + b" and more", PARSE_ERROR, None),
    "a head of HTTP": (b"Content-Length: 20", PARSE_ERROR, None),
    "too long": (CALL % (6, b'"' + b"x" * MESSAGE_BYTES + b'"'), INVALID_REQUEST, None),
}  # fmt: skip


def passed(sent: bytes) -> tuple[bytes, list[dict[str, object]]]:
    """What gets through of some input, and what is answered to the rest."""
    sink = io.BytesIO()
    through = io.BufferedReader(Requests(io.BytesIO(sent), Answers(sink))).read()
    return through, [json.loads(line) for line in sink.getvalue().splitlines()]


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_line_that_is_no_message_is_answered_and_the_next_one_passes(kind: str) -> None:
    """A client waits for ever for the answer to what the library drops."""
    line, code, id_ = UNREADABLE[kind]
    through, answers = passed(line + b"\n" + PING)
    assert through == PING
    (answer,) = answers
    assert answer["id"] == id_
    assert isinstance(answer["error"], dict)
    assert answer["error"]["code"] == code


def test_a_mark_before_the_first_message_and_empty_lines_are_passed_over() -> None:
    assert passed(b"\xef\xbb\xbf" + PING + b"\r\n\n" + PING) == (PING + PING, [])


@given(st.binary(max_size=200))
def test_no_line_makes_the_check_fail(line: bytes) -> None:
    fault = fault_of(line)
    assert fault is None or fault[0] in {INVALID_REQUEST, PARSE_ERROR}


@given(st.lists(st.sampled_from([PING, b"[]\n", b"{\n"]), max_size=20), st.integers(1, 50))
def test_messages_pass_whole_and_in_their_order_whatever_the_buffer(lines: list[bytes], size: int) -> None:
    sink = io.BytesIO()
    requests = Requests(io.BytesIO(b"".join(lines)), Answers(sink))
    buffer, through = bytearray(size), b""
    while taken := requests.readinto(buffer):
        through += buffer[:taken]
    assert through == PING * lines.count(PING)
    assert sink.getvalue().count(b"\n") == len(lines) - lines.count(PING)


@pytest.mark.slow
def test_the_process_answers_what_it_cannot_read_between_what_it_can(
    demo_snapshot: Path, tmp_path: Path
) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    begin = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}).encode() + b"\n"
    ready = b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    sent = begin + ready + b"".join(line + b"\n" for line, _, _ in UNREADABLE.values()) + PING
    done = subprocess.run(
        [sys.executable, "-c", SERVE],
        input=sent,
        env=environment(demo_snapshot),
        cwd=tmp_path,
        capture_output=True,
        timeout=GUARD,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum("error" in answer for answer in answers) == len(UNREADABLE)
    assert {"jsonrpc": "2.0", "id": 7, "result": {}} in answers
    assert done.returncode == 0


@contextmanager
def speaking(root: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """A reader over a snapshot, and its input and output; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        env=environment(root),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process, process.stdin, process.stdout
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        with suppress(BrokenPipeError):
            process.stdin.close()


@pytest.mark.slow
def test_two_hundred_calls_at_once_with_unknown_methods_and_cancellations_are_all_answered(
    demo_snapshot: Path, tmp_path: Path
) -> None:
    """Only a call that was cancelled may stay without an answer, and nothing but messages is written."""
    calls: list[tuple[str, dict[str, object]]] = [
        ("list_tests", {"per_page": 3}),
        ("query_metrics", {"metrics": "bug_count", "dimensions": "product"}),
        ("get_bug_summary", {"bug_id": 1}),
        ("generate_quality_report", {"product_ids": 598}),
        ("no_such_tool", {}),
        ("list_bugs", {"severity": "no such"}),
    ]
    sent: list[dict[str, Any]] = []
    for number in range(1, 201):
        tool, arguments = calls[number % len(calls)]
        sent.append({"id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
        if number % 10 == 0:
            sent.append({"id": 1000 + number, "method": "no/such"})
            sent.append({"method": "notifications/no_such"})
            sent.append({"method": "notifications/cancelled", "params": {"requestId": number}})
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    begin: list[dict[str, Any]] = [
        {"id": 0, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
    ]
    lines = [json.dumps({"jsonrpc": "2.0", **one}).encode() + b"\n" for one in (*begin, *sent)]
    ids = {one["id"] for one in sent if "id" in one}
    wanted = ids - set(range(10, 201, 10))
    answers: dict[int, dict[str, Any]] = {}
    with speaking(demo_snapshot, tmp_path) as (process, stdin, stdout):
        stopped = threading.Timer(GUARD, process.kill)  # else a missing answer would be waited for for ever
        stopped.start()
        try:
            stdin.write(b"".join(lines))
            stdin.flush()
            while not wanted <= answers.keys() and (line := stdout.readline()):
                message = json.loads(line)
                assert message["jsonrpc"] == "2.0"
                if "id" in message:
                    answers[message["id"]] = message
            stdin.close()
            assert process.wait(GUARD) == 0
        finally:
            stopped.cancel()
    assert wanted <= answers.keys()
    assert {number for number in ids if number > 1000} == {
        number for number, answer in answers.items() if "-32601" in str(answer.get("error"))
    }
    for number in wanted & set(range(1, 201)):
        tool, _ = calls[number % len(calls)]
        refused = "error" in answers[number] or answers[number]["result"].get("isError", False)
        assert refused == (tool in {"get_bug_summary", "no_such_tool", "list_bugs"}), answers[number]


@pytest.mark.slow
def test_the_reader_ends_when_nobody_reads_its_answers(demo_snapshot: Path, tmp_path: Path) -> None:
    """A client that died left a reader behind for ever, one for each start."""
    with speaking(demo_snapshot, tmp_path) as (process, stdin, stdout):
        stdout.close()
        stdin.write(PING)
        stdin.flush()
        assert process.wait(GUARD) == 141
