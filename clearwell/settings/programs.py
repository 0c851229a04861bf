"""Programs and services that Clearwell starts or passes to its engines, as the environment names them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["S3Service", "ivy_settings", "java_home", "s3_service"]


def java_home() -> Path | None:
    """JAVA_HOME: the Java to try first, before the one on PATH and the one that pip installed."""
    given = os.environ.get("JAVA_HOME")
    return Path(given).expanduser() if given else None


def ivy_settings() -> Path | None:
    """CLEARWELL_IVY_SETTINGS: an Ivy settings file, which says where jars come from (a company mirror)."""
    given = os.environ.get("CLEARWELL_IVY_SETTINGS")
    return Path(given).expanduser().absolute() if given else None


@dataclass(frozen=True)
class S3Service:
    """Where buckets are: the region, and the endpoint of a service other than Amazon S3."""

    endpoint: str | None
    region: str | None


def s3_service(known: Mapping[str, str] = os.environ) -> S3Service:
    """From the variables that all Amazon libraries read. Those that hold keys are not read."""
    return S3Service(
        endpoint=known.get("AWS_ENDPOINT_URL_S3") or known.get("AWS_ENDPOINT_URL") or None,
        region=known.get("AWS_REGION") or known.get("AWS_DEFAULT_REGION") or None,
    )
