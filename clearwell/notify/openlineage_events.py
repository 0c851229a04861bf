"""OpenLineage events (spec 2-0-2) of one step: its inputs, its output, and the column lineage.

A step is a run of a job, within its parent run. An audited table is the input of a second job, its audit,
because in OpenLineage assertions belong to the inputs of a job. Datasets are named by their location
(namespace ``file`` and absolute path, or bucket and key) and have their name in this lake as a symlink.

No event contains a value of a row: only counts of checks, and names, types and NULL counts of columns.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import clearwell
from clearwell.notify.openlineage_facets import assertion, column_lineage_facet, dataset_facets, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent
    from openlineage.client.facet_v2 import column_lineage_dataset

    from clearwell.model import Edge
    from clearwell.notify.openlineage_facts import Assertions, DataFacts, RunFacts, Written

__all__ = ["PRODUCER", "audit_events", "step_events", "to_line"]

PRODUCER = f"urn:clearwell:{clearwell.__version__}"


def step_events(
    run: RunFacts,
    inputs: Sequence[tuple[DataFacts, Written | None]],
    output: tuple[DataFacts, Written] | None,
    edges: Iterable[Edge] = (),
    *,
    error: str | None = None,
) -> list[RunEvent]:
    """START, and COMPLETE or, with an ``error``, FAIL. A failed step has written nothing."""
    from openlineage.client.event_v2 import RunState

    read = [_input(data, counts) for data, counts in inputs]
    paths = {data.name: data.path for data, _ in inputs}
    wrote = [] if output is None or error else [_output(*output, column_lineage_facet(edges, paths))]
    state = RunState.FAIL if error else RunState.COMPLETE
    plain = [_input(data, None, bare=True) for data, _ in inputs]
    return [
        _event(run, RunState.START, run.started, run.run_id, inputs=plain),
        _event(run, state, run.ended, run.run_id, inputs=read, outputs=wrote, error=error),
    ]


def audit_events(run: RunFacts, table: DataFacts, counts: Written, found: Assertions) -> list[RunEvent]:
    """START and COMPLETE of the audit of the current ``table``; none if it has no checks."""
    if not found.checks:
        return []
    from openlineage.client.event_v2 import InputDataset, RunState
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality
    from openlineage.client.facet_v2 import data_quality_metrics_input_dataset as metrics

    assertions = [assertion(check, found.columns) for check in found.checks]
    audited = InputDataset(
        *located(table.path),
        facets=dataset_facets(table),
        inputFacets={
            "dataQualityAssertions": quality.DataQualityAssertionsDatasetFacet(assertions),
            "dataQualityMetrics": metrics.DataQualityMetricsInputDatasetFacet(
                columnMetrics={
                    name: metrics.ColumnMetrics(nullCount=nulls, quantiles=None)
                    for name, nulls in counts.nulls.items()
                },
                rowCount=counts.table_rows,
                bytes=counts.table_bytes,
                fileCount=counts.table_files,
            ),
        },
    )
    plain = [_input(table, None, bare=True)]
    return [
        _event(run, RunState.START, run.started, run.audit_id, inputs=plain, audit=True),
        _event(run, RunState.COMPLETE, run.ended, run.audit_id, inputs=[audited], audit=True),
    ]


def to_line(event: RunEvent) -> str:
    """The event as JSON on one line."""
    from openlineage.client.serde import Serde

    return json.dumps(_signed(Serde.to_dict(event)), sort_keys=True)


def _signed(part: Any) -> Any:
    """Set our name as the producer of every facet: the client's own setting is global to the process."""
    if isinstance(part, dict):
        return {
            key: PRODUCER if key == "_producer" and isinstance(value, str) else _signed(value)
            for key, value in part.items()
        }
    return [_signed(item) for item in part] if isinstance(part, list) else part


def _event(
    run: RunFacts,
    state: Any,
    when: str,
    run_id: str,
    *,
    inputs: list[InputDataset],
    outputs: list[OutputDataset] | None = None,
    error: str | None = None,
    audit: bool = False,
) -> RunEvent:
    from openlineage.client.event_v2 import RunEvent, RunState

    bare = state is RunState.START
    return RunEvent(
        eventType=state,
        eventTime=when,
        run=_run(run, run_id, error, bare=bare),
        job=_job(run, audit=audit, bare=bare),
        inputs=inputs,
        outputs=outputs or [],
        producer=PRODUCER,
    )


def _run(run: RunFacts, run_id: str, error: str | None, *, bare: bool) -> Run:
    from openlineage.client.event_v2 import Run
    from openlineage.client.facet_v2 import RunFacet, error_message_run, parent_run, processing_engine_run

    facets: dict[str, RunFacet] = {
        "parent": parent_run.ParentRunFacet(
            run=parent_run.Run(runId=run.parent_id, facets=None),
            job=parent_run.Job(namespace=run.namespace, name=run.project, facets=None),
        )
    }
    if not bare:
        name, version = run.engine
        facets["processing_engine"] = processing_engine_run.ProcessingEngineRunFacet(
            version=version or "unknown", name=name, openlineageAdapterVersion=clearwell.__version__
        )
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=error, programmingLanguage="PYTHON"
        )
    return Run(run_id, facets)


def _job(run: RunFacts, *, audit: bool, bare: bool) -> Job:
    from openlineage.client.event_v2 import Job
    from openlineage.client.facet_v2 import (
        JobFacet,
        documentation_job,
        job_type_job,
        source_code_location_job,
    )

    name = f"{run.project}.{run.step}{'.audit' if audit else ''}"
    facets: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="CLEARWELL", jobType="AUDIT" if audit else run.kind
        )
    }
    if not bare and run.description and not audit:
        facets["documentation"] = documentation_job.DocumentationJobFacet(run.description)
    if not bare and run.code and not audit:
        facets["sourceCodeLocation"] = source_code_location_job.SourceCodeLocationJobFacet(
            type="git",
            url=run.code["url"],
            repoUrl=run.code["url"],
            path=run.code.get("path"),
            version=run.code.get("version"),
            branch=run.code.get("branch"),
        )
    return Job(run.namespace, name, facets)


def _input(data: DataFacts, counts: Written | None, *, bare: bool = False) -> InputDataset:
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import InputDatasetFacet, input_statistics_input_dataset

    found: dict[str, InputDatasetFacet] = {}
    if counts is not None:
        found["inputStatistics"] = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=counts.rows, size=counts.bytes, fileCount=counts.files
        )
    return InputDataset(*located(data.path), facets={} if bare else dataset_facets(data), inputFacets=found)


def _output(
    data: DataFacts, counts: Written, lineage: column_lineage_dataset.ColumnLineageDatasetFacet | None
) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import data_quality_metrics_dataset as metrics
    from openlineage.client.facet_v2 import lifecycle_state_change_dataset as lifecycle
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    facets = dataset_facets(data)
    if lineage is not None:
        facets["columnLineage"] = lineage
    if data.change:
        state = lifecycle.LifecycleStateChange(data.change)
        facets["lifecycleStateChange"] = lifecycle.LifecycleStateChangeDatasetFacet(state)
    if counts.table_rows is not None:
        facets["dataQualityMetrics"] = metrics.DataQualityMetricsDatasetFacet(
            columnMetrics={
                name: metrics.ColumnMetrics(nullCount=nulls, quantiles=None)
                for name, nulls in counts.nulls.items()
            },
            rowCount=counts.table_rows,
            bytes=counts.table_bytes,
            fileCount=counts.table_files,
        )
    wrote = statistics.OutputStatisticsOutputDatasetFacet(
        rowCount=counts.rows, size=counts.bytes, fileCount=counts.files
    )
    return OutputDataset(*located(data.path), facets=facets, outputFacets={"outputStatistics": wrote})
