"""Send an alert that a run failed: a post to a webhook, a mail, or both.

    CLEARWELL_ALERT_WEBHOOK   address that accepts a JSON post; chat services show its ``text``
    CLEARWELL_ALERT_MAIL      mail addresses, separated by commas
    CLEARWELL_SMTP_URL        smtp://user:password@host:587 (STARTTLS) or smtps://...; required for mail

Addresses of webhooks and mail servers contain secrets, so they come from the environment only and appear in
no error and no log. A receiver that does not answer is tried three times, then an AlertError is raised.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from clearwell.errors import AlertError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.settings import Settings

__all__ = ["Alert", "FailedStep", "send_alert"]

_TRIES = 3
_PAUSE_SECONDS = 1.0
_TIMEOUT_SECONDS = 10.0
_SENDER = "clearwell@localhost"


@dataclass(frozen=True)
class FailedStep:
    """An asset whose step failed, and why, with the next step to take."""

    asset: str
    error: str


@dataclass(frozen=True)
class Alert:
    """A run that failed. ``link`` is its page, if the address of the pages is known."""

    project: str
    job: str
    run_id: str
    failed: tuple[FailedStep, ...]
    message: str = ""
    link: str | None = None

    @property
    def title(self) -> str:
        """One line: what failed."""
        names = ", ".join(step.asset for step in self.failed[:3])
        more = f" and {len(self.failed) - 3} more" if len(self.failed) > 3 else ""
        return f"{self.project}: {names}{more} failed" if names else f"{self.project}: {self.job} failed"

    @property
    def text(self) -> str:
        """The full text."""
        steps = [f"{step.asset}: {step.error}" for step in self.failed] or [self.message]
        where = self.link or f"clearwell ui, run {self.run_id}"
        return "\n\n".join([self.title, *filter(None, steps), f"see {where}"])

    def to_json(self) -> bytes:
        """The webhook's payload: ``text`` for chat services, and every field for programs."""
        return json.dumps({"text": self.text, "title": self.title, **asdict(self)}).encode()


def send_alert(alert: Alert, settings: Settings) -> tuple[str, ...]:
    """Send ``alert`` to all receivers in ``settings``; returns the kinds of receivers that accepted it.

    Raises:
        AlertError: a receiver did not accept it; the alert was sent to the others first.
    """
    ways: list[tuple[str, Callable[[], None]]] = []
    if settings.alert_webhook:
        webhook = settings.alert_webhook
        ways.append(("webhook", lambda: _post(alert, webhook)))
    if settings.alert_mail:
        ways.append(("mail", lambda: _mail(alert, settings)))
    failed: list[str] = []
    for name, send in ways:
        if (why := _tried(send)) is not None:
            failed.append(f"{name}: {why}")
    if failed:
        raise AlertError(
            f"an alert could not be sent by {'; '.join(failed)}",
            place=f"run {alert.run_id}",
            hint="correct CLEARWELL_ALERT_WEBHOOK, CLEARWELL_ALERT_MAIL or CLEARWELL_SMTP_URL",
        )
    return tuple(name for name, _ in ways)


def _tried(send: Callable[[], None]) -> str | None:
    """Why sending finally failed, without the receiver's address; None if it did not."""
    why: str | None = None
    for number in range(_TRIES):
        if number:
            time.sleep(_PAUSE_SECONDS * number)
        try:
            send()
        except AlertError as error:
            return error.fact
        except urllib.error.HTTPError as error:
            why = f"it answered {error.code}"
            if error.code < 500 and error.code != 429:
                return why
        except (OSError, HTTPException, smtplib.SMTPException, ValueError) as error:
            why = f"no answer ({type(error).__name__})"
        else:
            return None
    return why


def _post(alert: Alert, webhook: str) -> None:
    if urlsplit(webhook).scheme not in ("http", "https"):
        raise AlertError("its address is not http:// or https://")
    request = urllib.request.Request(  # noqa: S310 - the scheme is looked at above
        webhook, data=alert.to_json(), headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 - as above
        pass


def _mail(alert: Alert, settings: Settings) -> None:
    address = urlsplit(settings.smtp_url or "")
    if address.scheme not in ("smtp", "smtps") or not address.hostname:
        raise AlertError("CLEARWELL_SMTP_URL is not smtp://host:port or smtps://host:port")
    message = EmailMessage()
    message["Subject"] = " ".join(alert.title.split())
    message["From"] = settings.alert_from or _SENDER
    message["To"] = settings.alert_mail
    message.set_content(alert.text)
    context = ssl.create_default_context()
    if address.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            address.hostname, address.port or 465, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(address.hostname, address.port or 587, timeout=_TIMEOUT_SECONDS)
    with server:
        if address.scheme == "smtp":
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif address.username:
                raise AlertError("the mail server supports no encryption, so the password was not sent")
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
        server.send_message(message)
