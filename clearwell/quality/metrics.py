"""Metrics of a DataFrame, computed by Great Expectations' own engine for Spark.

There is no data context: no file is written, no address called, no progress bar drawn, and the session is the
frame's. Every error is raised; Great Expectations would retry and then hide it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from clearwell.quality.importing import import_great_expectations
from clearwell.quality.statistics import exact_statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import Column, DataFrame

__all__ = ["Metrics"]


class Metrics:
    """Great Expectations' metrics of one frame; without a frame, only data-independent information."""

    def __init__(self, frame: DataFrame | None) -> None:
        import_great_expectations()
        exact_statistics()
        from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
        from great_expectations.validator.metrics_calculator import MetricsCalculator

        session: Any = frame.sparkSession if frame is not None else object()
        engine: Any = SparkDFExecutionEngine(spark=session, persist=False)
        engine.resolve_metric_bundle = partial(_aggregated, engine)
        self._engine = engine
        if frame is not None:
            self._engine.load_batch_data("frame", frame)
        self._calculator = MetricsCalculator(self._engine, show_progress_bars=False)

    def provide(self, expectation: Any) -> bool:
        """Whether everything that the expectation needs is implemented for Spark."""
        from great_expectations.exceptions.exceptions import MetricProviderError

        metrics = self._needed(expectation).values()
        try:
            self._calculator.build_metric_dependency_graph(list(metrics), _ask(expectation))
        except MetricProviderError:
            return False
        return True

    def conditions(self, expectations: Iterable[Any]) -> list[Column]:
        """For each expectation, a boolean column: true where a row fails it.

        Great Expectations counts the frame's rows in the process: give it an empty frame.
        """
        wanted = [self._condition(expectation) for expectation in expectations]
        resolved = self._compute(wanted)
        return [resolved[metric.id][0] for metric in wanted]

    def values(self, expectations: Iterable[Any]) -> Mapping[Any, Any]:
        """All metrics that these expectations need, in as few queries as possible, by metric identity."""
        return self._compute([metric for e in expectations for metric in self._needed(e).values()])

    def verdict(self, expectation: Any, values: Mapping[Any, Any]) -> tuple[Any, Mapping[str, Any]]:
        """Great Expectations' result, and the metrics behind it by name."""
        result = expectation.metrics_validate(values, _ask(expectation), self._engine)
        return result, {name: values[metric.id] for name, metric in self._needed(expectation).items()}

    def _condition(self, expectation: Any) -> Any:
        from great_expectations.validator.metric_configuration import MetricConfiguration

        # The expectation's own metric: the rest are helpers such as column_values.nonnull. Its arguments are
        # those of the expectation: Great Expectations makes doubles of them, and tells them apart as doubles.
        count = self._needed(expectation)[f"{expectation.map_metric}.unexpected_count"]
        given = {key: getattr(expectation, key, value) for key, value in count.metric_value_kwargs.items()}
        return MetricConfiguration(
            metric_name=f"{expectation.map_metric}.condition",
            metric_domain_kwargs=count.metric_domain_kwargs,
            metric_value_kwargs={**given, "exactly": str(given)},
        )

    def _needed(self, expectation: Any) -> Mapping[str, Any]:
        return expectation.get_validation_dependencies(self._engine, _ask(expectation)).metric_configurations

    def _compute(self, metrics: list[Any]) -> Mapping[Any, Any]:
        resolved, _ = self._calculator.compute_metrics(metrics, {"catch_exceptions": False})
        return resolved


def _aggregated(engine: Any, metric_fn_bundle: Iterable[Any]) -> dict[Any, Any]:
    """Aggregates, in one query for each choice of rows, by metric identity.

    They stay as they are: Great Expectations would make doubles of decimals and texts of times.
    """
    from great_expectations.core.id_dict import IDDict

    chosen: dict[Any, tuple[Any, dict[Any, Column]]] = {}
    for one in metric_fn_bundle:
        rows = IDDict(one.compute_domain_kwargs or {})
        chosen.setdefault(rows.to_id(), (rows, {}))[1][one.metric_configuration.id] = one.metric_fn
    found: dict[Any, Any] = {}
    for rows, columns in chosen.values():
        values = engine.get_domain_records(domain_kwargs=rows).agg(*columns.values()).collect()[0]
        found |= dict(zip(columns, values, strict=True))
    return found


def _ask(expectation: Any) -> dict[str, Any]:
    """Ask of rows only the number of failures, of a statistic also its value."""
    how = "BOOLEAN_ONLY" if getattr(expectation, "map_metric", None) else "BASIC"
    return {"result_format": {"result_format": how}, "catch_exceptions": False}
