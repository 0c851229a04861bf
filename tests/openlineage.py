"""A judge of OpenLineage events: the official JSON schemas where they can be had, and ours in their place.

No package of Python's index has the official schemas. The Rust crate ``datafusion-openlineage`` 0.0.12
(Apache-2.0) carries those of release 1.50.0 for its own tests: the event itself and twelve facets. ``cargo``
fetches it, its SHA-256 is compared, and nothing but the JSON files is taken out. For facets that it lacks,
and for machines without cargo, ``restated`` says in our own words what the specification (2-0-2, and its
facets as of August 2026) requires: which fields there must be, their types, their few fixed words.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CRATE = "datafusion-openlineage"
CRATE_VERSION = "0.0.12"
CRATE_SHA256 = "c3174cdfb83e6ada02b64b2684f696ca382886cae5ce98d12ec802bbb1392129"
OFFICIAL = {
    "ColumnLineageDatasetFacet",
    "DatasourceDatasetFacet",
    "ErrorMessageRunFacet",
    "InputStatisticsInputDatasetFacet",
    "JobTypeJobFacet",
    "LifecycleStateChangeDatasetFacet",
    "OpenLineage",
    "OutputStatisticsOutputDatasetFacet",
    "ParentRunFacet",
    "ProcessingEngineRunFacet",
    "SQLJobFacet",
    "SchemaDatasetFacet",
    "SymlinksDatasetFacet",
}

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}


class NoCargo(Exception):
    """There is no cargo here that can fetch a crate."""


def official(folder: Path) -> dict[str, Schema]:
    """The schemas of the crate by name, fetched into ``folder``; raises NoCargo."""
    cargo = shutil.which("cargo") or shutil.which("cargo", path=str(Path.home() / ".cargo" / "bin"))
    if cargo is None:
        raise NoCargo("cargo is not installed")
    done = subprocess.run(
        [cargo, "info", f"{CRATE}@{CRATE_VERSION}"],
        env={**os.environ, "CARGO_HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    crates = list(folder.rglob(f"{CRATE}-{CRATE_VERSION}.crate"))
    if not crates:
        raise NoCargo(f"cargo fetched no {CRATE}: {done.stderr[-500:]}")
    data = crates[0].read_bytes()
    assert hashlib.sha256(data).hexdigest() == CRATE_SHA256, "this is not the crate that was looked at"
    found: dict[str, Schema] = {}
    with tarfile.open(crates[0]) as archive:
        for member in archive:
            path = Path(member.name)
            if member.isfile() and path.suffix == ".json" and "schemas" in path.parts:
                content = archive.extractfile(member)
                assert content
                found[path.stem] = json.loads(content.read())
    return found


def restated() -> dict[str, Schema]:
    """The schemas in our own words."""
    return {"OpenLineage": _event(), **{name: _facet(name, *parts) for name, parts in _FACETS.items()}}


class Judge:
    """Says what is wrong with an event, by the given schemas; of facets that they lack it says nothing."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self.schemas = schemas
        resources = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()]
        self._registry: Registry = Registry().with_resources(resources)

    def problems(self, event: Mapping[str, Any]) -> list[str]:
        """Every breach of the event's schema and of its facets'."""
        core = self.schemas["OpenLineage"]
        found = self._breaches(core, event)
        if "RunEvent" in core.get("$defs", {}):  # without `run` it would pass as the event of a job
            found += self._breaches({"$ref": f"{core['$id']}#/$defs/RunEvent"}, event)
        for facet in facets(event):
            url, _, definition = str(facet.get("_schemaURL", "")).partition("#/$defs/")
            schema = self.schemas.get(Path(url).stem)
            if schema is not None:
                found += self._breaches({"$ref": f"{schema['$id']}#/$defs/{definition}"}, facet)
        return found

    def judged(self, event: Mapping[str, Any]) -> set[str]:
        """The names of the schemas that are asked about this event."""
        names = {Path(str(facet["_schemaURL"]).partition("#")[0]).stem for facet in facets(event)}
        return names & set(self.schemas)

    def _breaches(self, schema: Schema, part: Any) -> list[str]:
        checker = FormatChecker()
        validator = Draft202012Validator(schema, registry=self._registry, format_checker=checker)
        return [_where(error) for error in validator.iter_errors(part)]


def facets(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every facet of an event."""
    owners = [event.get("run", {}), event.get("job", {}), *event.get("inputs", ()), *event.get("outputs", ())]
    for owner in owners:
        for group in ("facets", "inputFacets", "outputFacets"):
            yield from owner.get(group, {}).values()


def facet_class(name: str) -> type[Any]:
    """The class of that name in openlineage-python."""
    package = importlib.import_module("openlineage.client.generated")
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        if (found := getattr(loaded, name, None)) is not None and found.__module__ == loaded.__name__:
            return found
    raise LookupError(name)


def _where(error: jsonschema.ValidationError) -> str:
    return f"{'.'.join(map(str, error.absolute_path)) or 'event'}: {error.message[:200]}"


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
    }


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _words(*words: str) -> Schema:
    return {"enum": list(words)}


_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_UUID: Schema = {"type": "string", "format": "uuid"}
_NAMED = {"namespace": TEXT, "name": TEXT}
_BASE = {"_producer": {"type": "string", "format": "uri"}, "_schemaURL": {"type": "string", "format": "uri"}}
_INPUT_FIELD = _object(
    {**_NAMED, "field": TEXT},
    {
        "transformations": _array(
            _object({"type": TEXT}, {"subtype": TEXT, "description": TEXT, "masking": FLAG})
        )
    },
)
_METRICS = (
    {
        "columnMetrics": _map(
            _object(
                {},
                {
                    "nullCount": COUNT,
                    "distinctCount": COUNT,
                    "sum": NUMBER,
                    "count": NUMBER,
                    "min": NUMBER,
                    "max": NUMBER,
                    "quantiles": _map(NUMBER),
                },
            )
        )
    },
    {"rowCount": COUNT, "bytes": COUNT, "fileCount": COUNT},
)
_STATISTICS = ({}, {"rowCount": COUNT, "size": COUNT, "fileCount": COUNT})

_FACETS: dict[str, tuple[Mapping[str, Schema], Mapping[str, Schema]]] = {
    "ColumnLineageDatasetFacet": (
        {"fields": _map(_object({"inputFields": _array(_INPUT_FIELD)}))},
        {"dataset": _array(_INPUT_FIELD)},
    ),
    "DataQualityAssertionsDatasetFacet": (
        {
            "assertions": _array(
                _object(
                    {"assertion": TEXT, "success": FLAG},
                    {
                        "column": TEXT,
                        "severity": TEXT,
                        "name": TEXT,
                        "description": TEXT,
                        "expected": TEXT,
                        "actual": TEXT,
                        "params": {"type": "object"},
                    },
                )
            )
        },
        {},
    ),
    "DataQualityMetricsDatasetFacet": _METRICS,
    "DataQualityMetricsInputDatasetFacet": _METRICS,
    "DatasetVersionDatasetFacet": ({"datasetVersion": TEXT}, {}),
    "DocumentationDatasetFacet": ({"description": TEXT}, {"contentType": TEXT}),
    "DocumentationJobFacet": ({"description": TEXT}, {"contentType": TEXT}),
    "ErrorMessageRunFacet": ({"message": TEXT, "programmingLanguage": TEXT}, {"stackTrace": TEXT}),
    "InputStatisticsInputDatasetFacet": _STATISTICS,
    "JobTypeJobFacet": ({"processingType": TEXT, "integration": TEXT}, {"jobType": TEXT}),
    "LifecycleStateChangeDatasetFacet": (
        {"lifecycleStateChange": _words("ALTER", "CREATE", "DROP", "OVERWRITE", "RENAME", "TRUNCATE")},
        {"previousIdentifier": _object(_NAMED)},
    ),
    "OutputStatisticsOutputDatasetFacet": _STATISTICS,
    "OwnershipDatasetFacet": ({}, {"owners": _array(_object({"name": TEXT}, {"type": TEXT}))}),
    "ParentRunFacet": ({"run": _object({"runId": _UUID}), "job": _object(_NAMED)}, {}),
    "ProcessingEngineRunFacet": ({"version": TEXT}, {"name": TEXT, "openlineageAdapterVersion": TEXT}),
    "SchemaDatasetFacet": (
        {},
        {"fields": _array(_object({"name": TEXT}, {"type": TEXT, "description": TEXT}))},
    ),
    "SourceCodeLocationJobFacet": (
        {"type": TEXT, "url": {"type": "string", "format": "uri"}},
        {"repoUrl": TEXT, "path": TEXT, "version": TEXT, "tag": TEXT, "branch": TEXT},
    ),
    "StorageDatasetFacet": ({"storageLayer": TEXT}, {"fileFormat": TEXT}),
    "SymlinksDatasetFacet": ({}, {"identifiers": _array(_object({**_NAMED, "type": TEXT}))}),
    "TagsDatasetFacet": (
        {},
        {"tags": _array(_object({"key": TEXT, "value": TEXT}, {"source": TEXT, "field": TEXT}))},
    ),
}


def _facet(name: str, required: Mapping[str, Schema], optional: Mapping[str, Schema]) -> Schema:
    definition = _object({**_BASE, **required}, optional)
    return {"$schema": _DRAFT, "$id": f"urn:restated:{name}", "$defs": {name: definition}}


def _event() -> Schema:
    facet = _object(_BASE)
    dataset = _object(_NAMED, {"facets": _map(facet)})
    return {
        "$schema": _DRAFT,
        "$id": "urn:restated:OpenLineage",
        **_object(
            {
                "eventTime": {"type": "string", "format": "date-time"},
                "producer": {"type": "string", "format": "uri"},
                "schemaURL": {"type": "string", "format": "uri"},
                "run": _object({"runId": _UUID}, {"facets": _map(facet)}),
                "job": _object(_NAMED, {"facets": _map(facet)}),
            },
            {
                "eventType": _words("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"),
                "inputs": _array({"allOf": [dataset, _object({}, {"inputFacets": _map(facet)})]}),
                "outputs": _array({"allOf": [dataset, _object({}, {"outputFacets": _map(facet)})]}),
            },
        ),
    }
