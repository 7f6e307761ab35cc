"""Notices that the API fails wholesale rather than here and there."""

from dataclasses import dataclass

from fetch.errors import CircuitOpen, Missing, Refused, UpstreamError


@dataclass
class Breaker:
    """Opens after so many consecutive requests, over all endpoints, that failed after all their tries.

    Attributes:
        limit: How many.
        failures: How many there were since the last answer.
    """

    limit: int = 10
    failures: int = 0

    def check(self, path: str) -> None:
        """Let a request pass.

        Raises:
            CircuitOpen: When it is open.
        """
        if self.failures >= self.limit:
            raise CircuitOpen(
                path,
                "was not tried any more",
                why=f"The Customer API failed {self.failures} requests in a row.",
                hint="Try again later; what was fetched is kept.",
            )

    def answered(self) -> None:
        """Note that the API answers."""
        if self.failures < self.limit:
            self.failures = 0

    def failed(self, error: UpstreamError, *, counted: bool) -> None:
        """Note a failure; one that says something about the request alone is an answer like any other."""
        if isinstance(error, (Missing, Refused)):
            self.answered()
        elif counted and not isinstance(error, CircuitOpen):
            self.failures += 1
