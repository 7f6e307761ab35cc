"""An API that means harm, as a program of its own: its memory and CPU are not counted as the client's.

It serves an honest, small account, and answers what an attack is about with the attack.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from bench.attacks import ATTACKS
from bench.replies import (
    ONE_TEST,
    PRODUCTS,
    TESTS,
    TESTS_OF_PRODUCT,
    Asked,
    Attack,
    Reply,
    bugs_with,
    listed,
    object_of,
    rows_of,
    wrapped,
)

ROOT = Path(__file__).parent.parent


def _together(asked: Asked) -> Reply | None:
    """Answer with another attack for each request, of those that are about it."""
    attacks = list(ATTACKS.values())
    first = crc32(asked.path.encode()) % len(attacks)
    return next((reply for one in (attacks[first:] + attacks[:first]) if (reply := one(asked))), None)


ALL = "together"


def _honest(asked: Asked) -> Reply:
    """Answer as an API that means no harm would."""
    if asked.path == "/products":
        rows = rows_of(
            lambda number: b'{"id":%d,"name":"Shop %d"}' % (number, number), range(1, PRODUCTS + 1)
        )
        return Reply(wrapped("products", rows))
    if found := TESTS_OF_PRODUCT.fullmatch(asked.path):
        first = int(found[1]) * 1000
        numbers = range(first + TESTS, first, -1)[(asked.page - 1) * asked.per_page :][: asked.per_page]
        return Reply(wrapped("exploratory_tests", rows_of(listed, numbers)))
    if found := ONE_TEST.fullmatch(asked.path):
        return Reply(wrapped("exploratory_test", object_of(int(found[1]), "title", (b'"A test"',))))
    if asked.path == "/bugs":
        return bugs_with(asked, "title", lambda: (b'"A bug"',)) or Reply()
    root = asked.path.rsplit("/", 1)[1]
    if root in {"features", "reject_reasons", "test_environments", "user_stories"}:
        return Reply(wrapped(root, (b"[]",)))
    return Reply((b"{}",), status=404)


async def _serve(attack: Attack) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                target = urlsplit(line.split()[1].decode())
                asked = Asked(target.path.removeprefix("/customer/v2"), parse_qs(target.query))
                spared = ONE_TEST.fullmatch(asked.path) and asked.number % 4 == 0
                await _send(writer, (not spared and attack(asked)) or _honest(asked))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/customer/v2", flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if reply.status:
        writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n" % reply.status)
        for line in reply.head:
            writer.write(line + b"\r\n")
            await writer.drain()
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
    for piece in reply.body:
        if reply.pause:
            await asyncio.sleep(reply.pause)
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if reply.chunked and piece else piece)
        await writer.drain()
    if reply.chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


@contextmanager
def worst_api(attack: str) -> Iterator[str]:
    """Serve one attack, or `ALL` of them together, and yield the base URL."""
    command = [sys.executable, "-m", "bench.worst_api", attack]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101 - both are pipes
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(_together if sys.argv[1] == ALL else ATTACKS[sys.argv[1]]))
