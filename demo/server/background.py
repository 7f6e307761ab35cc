"""A uvicorn server in a thread of its own that starts and stops at once."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_NO_LINGER = struct.pack("ii", 1, 0)


class BackgroundServer(uvicorn.Server):
    """A server that waits for being stopped instead of looking every 100 ms."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False)
        )
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def run_until_stopped(self, listener: socket.socket) -> None:
        """Serve in the calling thread; `ready` is set even when the server cannot start."""
        try:
            self.run([listener])
        finally:
            self.ready.set()

    def stop(self) -> None:
        """Ask the server's own thread to end."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def reset(self, client: tuple[str, int]) -> None:
        """Reset the connection of a client, in the server's thread."""
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.client == client:
                raw = connection.transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                connection.transport.abort()
        await _settled()

    async def main_loop(self) -> None:
        """Wait for `stop`."""
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop every connection and end."""
        for listening in self.servers:
            listening.close()
        for listener in sockets or ():
            listener.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        await _settled()
        tasks = tuple(self.server_state.tasks)
        for task in tasks:  # those that wait; the others end by themselves, their connection is gone
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _settled() -> None:
    """Let aborted connections be told that they are lost, and end what was being sent."""
    for _ in range(3):
        await asyncio.sleep(0)


@contextmanager
def in_background(server: BackgroundServer, listener: socket.socket) -> Iterator[None]:
    """Run a server on a listening socket until the block ends; closes the socket."""
    thread = threading.Thread(target=server.run_until_stopped, args=(listener,), name="demo-api", daemon=True)
    thread.start()
    try:
        server.ready.wait()
        yield
    finally:
        server.stop()
        thread.join()
        listener.close()
