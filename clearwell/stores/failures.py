"""Explain an object store's refusal. Its libraries raise one kind of error with a long text for all.

Only known words of that text are shown. An unknown text is shown without the queries of addresses and
without the library's debug output, so no signature or key can leak.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clearwell.errors import StoreError, StoreUnreachable
from clearwell.names import is_url
from clearwell.stores.disk_failures import disk_failure
from clearwell.stores.urls import split

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["explained", "failure", "no_conditional_put", "refusal"]

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL where it is not Amazon's",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "abfss": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "FilesystemNotFound", "specified bucket does not exist")
_NO_CREDENTIALS = (
    "http://169.254.",  # where a cloud's own machines ask for them
    "metadata.google.internal",
    "loading credentials",
    "IMDS is disabled",
    "credential provider was not enabled",
    "resolve region",
    "No AWS Credentials",
)
_REFUSED = re.compile(
    r"<Code>(InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|ExpiredToken|InvalidToken|"
    r"TokenRefreshRequired|AuthenticationFailed|AuthorizationFailure|Authorization\w*Mismatch)</Code>"
)
_FORBIDDEN = re.compile(
    r"(401 Unauthorized|403 Forbidden|Status Code: 40[13])|lacked the necessary privileges"
    r"|valid authentication"
)
_PLAIN_HTTP = ("URL scheme is not allowed", "builder error")
_NO_CONDITION = ("<Code>NotImplemented</Code>", "501 Not Implemented", "not yet implemented")
_SILENT = (
    "error sending request",
    "timed out",
    "dns error",
    "connect error",
    "Connection refused",
    "failed to lookup address",
    "UnknownHostException",
)
_ANSWERS = ("AlreadyExistsError", "PreconditionError")  # answers that the caller handles
_BUSY = re.compile(r"\b(429|500|502|503|504) [A-Z][A-Za-z ]+|<Code>(SlowDown|InternalError)</Code>")


def failure(error: BaseException, url: str) -> StoreError:
    """The error to raise for a failure at ``url``."""
    first = next((line.strip(" ↳") for line in _text(error).splitlines() if line.strip()), "")
    return refusal(error, url) or StoreError(re.sub(r"\?\S*", "", first or type(error).__name__), place=url)


def refusal(error: BaseException, url: str) -> StoreError | None:
    """The same if the store or the disk itself refuses, or does not answer; None for any other failure."""
    if not is_url(url):
        return disk_failure(error, url)
    text = _text(error)
    base, _ = split(url)
    scheme = base.partition(":")[0]
    variables = _CREDENTIALS.get(scheme, "its credentials")
    if any(word in text for word in _NO_BUCKET):
        return StoreError(
            "there is no such bucket", place=base, hint="create it, or correct the lake's places"
        )
    if any(word in text for word in _PLAIN_HTTP):
        return StoreError(
            "its endpoint is http://, which sends everything unencrypted",
            place=url,
            hint="set AWS_ALLOW_HTTP=true if that is intended, or use an https:// endpoint",
        )
    if any(word in text for word in _NO_CREDENTIALS):
        return StoreError("the environment has no credentials for it", place=url, hint=f"set {variables}")
    if found := _REFUSED.search(text) or _FORBIDDEN.search(text):
        detail = found[1]
        return StoreError(
            f"access was refused{f': {detail}' if detail else ''}",
            place=url,
            hint=f"check {variables}, and the permissions of this key",
        )
    if any(word in text for word in _SILENT):
        return StoreUnreachable(
            "it does not answer",
            place=url,
            hint="check the endpoint and the network, and run again",
        )
    if found := _BUSY.search(text):
        return StoreUnreachable(
            f"it is temporarily unavailable: {(found[1] and found[0]) or found[2]}",
            place=url,
            hint="run again later",
        )
    if any(word in text for word in _NO_CONDITION) or isinstance(error, NotImplementedError):
        return no_conditional_put(url)
    return None


def no_conditional_put(url: str) -> StoreError:
    """The error for a store that cannot keep concurrent writers apart."""
    return StoreError(
        "it does not support writes on the condition that no file exists, so concurrent writers"
        " would lose data",
        place=split(url)[0],
        hint="use a store with conditional put (If-None-Match), such as Amazon S3, Google Cloud Storage,"
        " Azure, MinIO or SeaweedFS, or put the lake on a disk",
    )


@contextmanager
def explained(url: str) -> Generator[None]:
    """Use an object store or a folder; exceptions of a store's library are raised with an explanation."""
    from deltalake.exceptions import DeltaError

    if not is_url(url):
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            if refused := disk_failure(error, url):
                raise refused from error
            raise
        return
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, NotImplementedError) as error:
        raise failure(error, url) from error
    except DeltaError as error:  # most of these are about the table
        if refused := refusal(error, url):
            raise refused from error
        raise
    except Exception as error:
        kind = type(error)
        if kind.__module__.startswith("obstore") and kind.__name__ not in _ANSWERS:
            raise failure(error, url) from error
        raise


def _text(error: BaseException) -> str:
    """A library's message, without colours and without its debug output."""
    return re.sub(r"\x1b\[\d+m", "", str(error)).split("Debug source")[0]
