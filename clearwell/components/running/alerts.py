"""A sensor that sends alerts about failed runs, however they were started: see `clearwell.notify.alerts`.

It runs automatically if the environment names a receiver, and is stopped otherwise. It needs Dagster's
daemon: `clearwell ui` starts one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from clearwell.components.failing import reason_of
from clearwell.notify.alerts import Alert, FailedStep, send_alert

if TYPE_CHECKING:
    from clearwell.settings import Settings

__all__ = ["ALERTS", "alert_of", "alert_sensor"]

ALERTS = "clearwell_alerts"

_SECONDS_BETWEEN_LOOKS = 10
_LONGEST = 1_500


def alert_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor that sends an alert for each run that failed."""
    wanted = bool(settings.alert_webhook or settings.alert_mail)

    @dg.run_failure_sensor(
        name=ALERTS,
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        # Also runs of a process that does not know what the pages call this code location.
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING if wanted else dg.DefaultSensorStatus.STOPPED,
        description="Posts a failed run to CLEARWELL_ALERT_WEBHOOK and mails it to CLEARWELL_ALERT_MAIL.",
    )
    def alerts(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        alert = alert_of(context, settings)
        if not (told := send_alert(alert, settings)):
            return dg.SkipReason(
                "no receiver is configured: set CLEARWELL_ALERT_WEBHOOK or CLEARWELL_ALERT_MAIL"
            )
        context.log.info("%s: told by %s", alert.title, " and ".join(told))
        return None

    return alerts


def alert_of(context: dg.RunFailureSensorContext, settings: Settings) -> Alert:
    """The alert for the run of ``context``."""
    run = context.dagster_run
    steps = tuple(
        FailedStep(event.step_key or "run", _why(event)) for event in context.get_step_failure_events()
    )
    return Alert(
        project=settings.project.name,
        job=run.job_name,
        run_id=run.run_id,
        failed=steps,
        message=(context.failure_event.message or "the run failed")[:_LONGEST],
        link=f"{settings.dagster_url}/runs/{run.run_id}" if settings.dagster_url else None,
    )


def _why(event: dg.DagsterEvent) -> str:
    """The reason of a failed step; for an unknown error its root cause, without the intermediate errors."""
    data: Any = event.event_specific_data
    said = getattr(getattr(data, "user_failure_data", None), "description", None)
    return (said or reason_of(getattr(data, "error", None)) or event.message or "it failed")[:_LONGEST]
