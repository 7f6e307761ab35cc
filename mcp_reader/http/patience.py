"""Connections on which no whole request head arrives: they end, so that their number stays bounded."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from base.bounds import HEAD_WAIT_SECONDS

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"The request did not arrive in time.\n"
)


class PatientProtocol(H11Protocol):
    """Serves a connection as its parent does, and waits for a request's head only so long."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on; the wait ends with the head, and begins anew with the first byte of another one."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._late is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_WAIT_SECONDS, self._give_up)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        begun, _ = self.conn.trailing_data
        if begun:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
