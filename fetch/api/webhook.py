"""Posting a message to a webhook of Slack, Teams or another chat."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import stamina

from base.errors import InvalidInput, UserError
from base.version import version
from fetch.api.network import certificates, distrust, proxy_for
from fetch.api.options import loopback
from fetch.api.retries import PAUSES, retry_after

VARIABLE = "TESTIO_WEBHOOK_URL"
ATTEMPTS = 4
_SECONDS = 20.0
_TEAMS = ("webhook.office.com", "logic.azure.com", "powerplatform.com")
"""Hosts of Microsoft's webhooks and workflows, which take cards."""


class NotPosted(UserError):
    """A message that a webhook did not take; nothing of the address is in it."""

    code = "NOT_POSTED"


class _Again(Exception):
    """A failure after which the same message may be taken.

    Attributes:
        pause: Seconds to wait, as the webhook asked; None for the usual pause.
    """

    def __init__(self, why: str, pause: float | None = None) -> None:
        super().__init__(why)
        self.pause = pause


def check_webhook(url: str) -> None:
    """See that a webhook may be used: https, or http to this machine.

    Raises:
        InvalidInput: Without naming the address, which is a secret.
    """
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
        _ = parts.port, httpx.URL(url).host.encode("idna")
    except (ValueError, httpx.InvalidURL):
        host = scheme = ""
    if not host or not (scheme == "https" or (scheme == "http" and loopback(host))):
        raise InvalidInput(
            f"{VARIABLE} is not an https address.",
            "Whoever reads the address on its way can post in your name.",
            f"Copy the webhook's address from your chat into {VARIABLE}.",
        )


def payload_for(url: str, lines: list[str]) -> dict[str, Any]:
    """Return some lines as the chat behind an address takes them: a card for Teams, text for all others."""
    host = urlsplit(url).hostname or ""
    if any(host == one or host.endswith(f".{one}") for one in _TEAMS):
        body = [{"type": "TextBlock", "text": line, "wrap": True, "spacing": "Small"} for line in lines]
        body[0] |= {"weight": "Bolder", "size": "Medium"}
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        return {"type": "message", "attachments": [attachment]}
    text = "\n".join(lines)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, name)
    return {"text": text}


def post(url: str, payload: dict[str, Any]) -> None:
    """Post a message, and again after failures that may pass.

    Raises:
        InvalidInput: For an address that cannot be used.
        NotPosted: When it was not taken after all tries.
    """
    check_webhook(url)
    try:
        with httpx.Client(
            timeout=_SECONDS,
            follow_redirects=False,
            verify=certificates(trust_env=True),
            trust_env=False,
            proxy=proxy_for(url),
            headers={"User-Agent": f"testio-reports/{version()}"},
        ) as client:
            for attempt in stamina.retry_context(on=_pause, attempts=ATTEMPTS, timeout=None, **PAUSES):
                with attempt:
                    _send(client, url, payload)
    except _Again as error:
        raise NotPosted(
            f"The webhook did not take the message: {error}.",
            "It was tried several times; the message is above.",
            "Try again later.",
        ) from None


def _send(client: httpx.Client, url: str, payload: dict[str, Any]) -> None:
    """Send once.

    Raises:
        _Again: When the same message may be taken later.
        NotPosted: When it will not be.
    """
    try:
        with client.stream("POST", url, json=payload) as response:
            status = response.status_code
            pause = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
    except httpx.HTTPError as error:
        if (distrusted := distrust(error)) is not None:
            why, hint = distrusted
            raise NotPosted("The webhook's certificate is not trusted.", f"{why}.", hint) from None
        raise _Again("it does not answer") from None
    if status in {408, 429} or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _Again(f"it answered with status {status}", pause)
    if not httpx.codes.is_success(status):
        raise NotPosted(
            f"The webhook refused the message with status {status}.",
            "Its address may have been renewed or removed.",
            f"Copy the address from your chat into {VARIABLE} again.",
        )


def _pause(error: Exception) -> bool | float:
    if not isinstance(error, _Again):
        return False
    return True if error.pause is None else error.pause
