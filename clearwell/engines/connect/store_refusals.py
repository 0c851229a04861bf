"""Engine errors caused by an object store that refuses the engine, rather than by the query.

Sail reports only the innermost cause of a failed read, Spark a Java exception of S3A.
"""

from __future__ import annotations

import re

from clearwell.errors import StoreError, StoreUnreachable

__all__ = ["refused_by_store"]

_STORE = re.compile(
    r"Generic (S3|GCS|MicrosoftAzure) error|Server returned non-2xx status code|IMDS is disabled"
    r"|Connection refused \(os error|^operation timed out|failed to lookup address information"
    r"|software\.amazon\.awssdk|fs\.s3a\.|fs\.azure\.|fs\.gs\."
)
_ADDRESS = re.compile(r"\b(?:s3a?|abfss|gs)://[^\s:'\"]+")
_OURS = "the engine needs the store's credentials in its environment too, before it starts"


def refused_by_store(what: str, error: BaseException) -> StoreError | None:
    """The error for work that ended because a store refused the engine; None for any other cause."""
    text = str(error)
    if "Traceback (most recent call last)" in text or not _STORE.search(text):
        return None
    from clearwell.stores import refusal  # imports pyarrow: only when there is an error

    address = _ADDRESS.search(what) or _ADDRESS.search(text)
    meant = refusal(error, address[0] if address else "s3://")
    if meant is None:
        return None
    kind = StoreUnreachable if meant.transient else StoreError
    hint = meant.hint if meant.transient else f"{meant.hint}; {_OURS}"
    return kind(f"{what}: {meant.fact}", place=address[0] if address else None, hint=hint)
