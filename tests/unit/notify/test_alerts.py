"""A failed run is told: what a receiver gets, and what is said of one that does not take it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import AlertError
from clearwell.notify import alerts
from clearwell.notify.alerts import Alert, FailedStep, send_alert
from clearwell.settings import Settings
from tests.receivers import mail_server, webhook

if TYPE_CHECKING:
    from pathlib import Path

ALERT = Alert(
    project="shop",
    job="clearwell_lake",
    run_id="0123",
    failed=(FailedStep("silver_orders", "3 of 6 rows fail\n  next: clearwell quarantine silver_orders"),),
    link="https://dagster.example.org/runs/0123",
)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_PAUSE_SECONDS", 0.0)
    for name in ("WEBHOOK", "MAIL", "FROM"):
        monkeypatch.delenv(f"CLEARWELL_ALERT_{name}", raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(project=tmp_path, lake=tmp_path / "lake")


def test_nobody_named_nobody_told(settings: Settings) -> None:
    assert send_alert(ALERT, settings) == ()


def test_a_webhook_gets_a_text_for_people_and_fields_for_programs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook() as posts:
        monkeypatch.setenv("CLEARWELL_ALERT_WEBHOOK", posts.url)
        assert send_alert(ALERT, settings) == ("webhook",)
    (body,) = posts.bodies
    assert "silver_orders failed" in body["title"]
    assert "next: clearwell quarantine silver_orders" in body["text"]
    assert "https://dagster.example.org/runs/0123" in body["text"]
    assert body["failed"] == [{"asset": "silver_orders", "error": ALERT.failed[0].error}]
    assert body["run_id"] == "0123"


def test_a_mail_goes_to_everyone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as mails:
        monkeypatch.setenv("CLEARWELL_ALERT_MAIL", "ops@example.org, lead@example.org")
        monkeypatch.setenv("CLEARWELL_ALERT_FROM", "lake@example.org")
        monkeypatch.setenv("CLEARWELL_SMTP_URL", mails.url)
        assert send_alert(ALERT, settings) == ("mail",)
    (message,) = mails.messages
    assert message["Subject"] == "shop: silver_orders failed"
    assert message["From"] == "lake@example.org"
    assert mails.recipients == ["ops@example.org", "lead@example.org"]
    assert "next: clearwell quarantine silver_orders" in message.get_content()


def test_a_receiver_that_is_busy_is_tried_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as posts:
        posts.answers = [503, 429]
        monkeypatch.setenv("CLEARWELL_ALERT_WEBHOOK", posts.url)
        send_alert(ALERT, settings)
        assert len(posts.bodies) == 1


@pytest.mark.parametrize(("answers", "said"), [([403], "403"), ([500, 500, 500], "500")])
def test_a_receiver_that_refuses_is_told_without_its_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, answers: list[int], said: str
) -> None:
    with webhook() as posts:
        posts.answers = answers
        monkeypatch.setenv("CLEARWELL_ALERT_WEBHOOK", posts.url)
        with pytest.raises(AlertError, match=said) as caught:
            send_alert(ALERT, settings)
    assert posts.bodies == []
    assert "secret-token" not in str(caught.value)


def test_one_that_is_down_keeps_no_other_from_being_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with mail_server() as mails:
        monkeypatch.setenv("CLEARWELL_ALERT_WEBHOOK", f"http://127.0.0.1:{port}/secret-token")
        monkeypatch.setenv("CLEARWELL_ALERT_MAIL", "ops@example.org")
        monkeypatch.setenv("CLEARWELL_SMTP_URL", mails.url)
        with pytest.raises(AlertError, match="webhook: no answer") as caught:
            send_alert(ALERT, settings)
    assert len(mails.messages) == 1
    assert "secret-token" not in str(caught.value)


def test_no_password_goes_to_a_mail_server_without_encryption(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as mails:
        monkeypatch.setenv("CLEARWELL_ALERT_MAIL", "ops@example.org")
        monkeypatch.setenv("CLEARWELL_SMTP_URL", mails.url.replace("smtp://", "smtp://me:hunter2@"))
        with pytest.raises(AlertError, match="no encryption") as caught:
            send_alert(ALERT, settings)
    assert mails.messages == []
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("CLEARWELL_ALERT_WEBHOOK", "file:///etc/passwd"), ("CLEARWELL_SMTP_URL", "mailhost")]
)
def test_an_address_of_another_kind_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("CLEARWELL_ALERT_MAIL", "ops@example.org")
    monkeypatch.setenv(name, value)
    with pytest.raises(AlertError, match="is not"):
        send_alert(ALERT, settings)


def test_the_settings_do_not_show_their_secrets(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWELL_ALERT_WEBHOOK", "https://example.org/secret-token")
    monkeypatch.setenv("CLEARWELL_SMTP_URL", "smtp://me:hunter2@example.org")
    assert "secret-token" not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert "secret-token" not in json.dumps(ALERT.text)
