"""A message is posted until it is taken, where that may help, and its address is told to nobody."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import stamina

from base.errors import InvalidInput
from fetch.api.webhook import ATTEMPTS, NotPosted, check_webhook, payload_for, post

Posted = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _without_pauses() -> Iterator[None]:
    stamina.set_testing(True, attempts=ATTEMPTS, cap=True)
    yield
    stamina.set_testing(False)


@contextmanager
def chat(*statuses: int, location: str = "") -> Iterator[tuple[str, Posted]]:
    """A chat that answers with these statuses one after another, the last one again and again."""
    posted: Posted = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses[min(len(posted), len(statuses)) - 1])
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/s3cr3t", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_message_is_posted_once() -> None:
    with chat(200) as (url, posted):
        post(url, {"text": "Hello"})
    assert posted == [{"text": "Hello"}]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_failure_that_may_pass_is_tried_again(status: int) -> None:
    with chat(status, 202) as (url, posted):
        post(url, {"text": "Hello"})
    assert len(posted) == 2


def test_one_that_does_not_pass_is_said_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with (
        chat(503) as (url, posted),
        caplog.at_level(logging.INFO, "fetch"),
        pytest.raises(NotPosted) as failed,
    ):
        post(url, {"text": "Hello"})
    assert len(posted) == ATTEMPTS
    assert "status 503" in str(failed.value)
    assert "s3cr3t" not in str(failed.value) + caplog.text
    assert "asked again" in caplog.text


@pytest.mark.parametrize("status", [400, 403, 404, 410, 302])
def test_a_refusal_is_not_repeated_and_no_redirect_is_followed(status: int) -> None:
    with (
        chat(status, location="http://127.0.0.1:9/else") as (url, posted),
        pytest.raises(NotPosted, match="refused"),
    ):
        post(url, {"text": "Hello"})
    assert len(posted) == 1


def test_nobody_at_the_address_is_an_error_without_it() -> None:
    with chat(200) as (url, _):
        pass
    with pytest.raises(NotPosted, match="does not answer") as failed:
        post(url, {"text": "Hello"})
    assert "127.0.0.1" not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["http://hooks.slack.com/s3cr3t", "ftp://x/s3cr3t", "s3cr3t", "https://", "https://[s3cr3t"]
)
def test_only_https_is_taken_and_the_address_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput) as failed:
        check_webhook(url)
    assert "s3cr3t" not in str(failed.value)
    check_webhook("https://hooks.slack.com/services/s3cr3t")


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.webhook.office.com/webhookb2/x",
        "https://prod-1.westeurope.logic.azure.com:443/workflows/x",
        "https://default1.1a.environment.api.powerplatform.com/powerautomate/x",
    ],
)
def test_teams_gets_a_card_with_a_line_each(url: str) -> None:
    card = payload_for(url, ["Title", "One <b>"])["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in card["content"]["body"]] == ["Title", "One <b>"]


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/x", "https://evil.example/webhook.office.com", "https://chat.example"]
)
def test_every_other_chat_gets_text_in_which_nothing_is_a_command(url: str) -> None:
    assert payload_for(url, ["Title", "<!channel> & <@U1>"]) == {
        "text": "Title\n&lt;!channel&gt; &amp; &lt;@U1&gt;"
    }


def test_a_host_that_only_ends_like_teams_is_no_teams() -> None:
    assert "text" in payload_for("https://evilwebhook.office.com.example/x", ["a"])
    assert "text" in payload_for("https://notlogic.azure.com", ["a"])
