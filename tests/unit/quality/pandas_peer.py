"""Great Expectations on pandas, of values as Python has them: integers, decimals and times, not rounded."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from clearwell.quality.importing import import_great_expectations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Peer", "Verdict"]


class Verdict(NamedTuple):
    """What came of a check: whether it holds, how many rows fail it, what was observed; or an error alone."""

    success: bool | None
    unexpected: int | None = None
    observed: Any = None
    error: str = ""


class Peer:
    """Judges checks of one table."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        import_great_expectations()
        from great_expectations.execution_engine import PandasExecutionEngine
        from great_expectations.validator.metrics_calculator import MetricsCalculator

        self._engine = PandasExecutionEngine()
        frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
        self._engine.load_batch_data("frame", frame)
        self._calculator = MetricsCalculator(self._engine, show_progress_bars=False)

    def judge(
        self, expectation: str, kwargs: Mapping[str, Any], instead: Mapping[str, Any] | None = None
    ) -> Verdict:
        """The verdict of Great Expectations, or its error; it takes ``instead`` as it is."""
        from great_expectations.expectations.registry import get_expectation_impl

        kind: Any = get_expectation_impl(expectation)
        how = "BOOLEAN_ONLY" if getattr(kind, "map_metric", None) else "BASIC"
        asked = {"result_format": {"result_format": how}, "catch_exceptions": False}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check = kind(**kwargs).copy(update=instead or {})
                needed = check.get_validation_dependencies(self._engine, asked).metric_configurations
                for metric in needed.values():  # it has made doubles of bounds again
                    kept = {
                        key: value
                        for key, value in (instead or {}).items()
                        if key in metric.metric_value_kwargs
                    }
                    metric.metric_value_kwargs.update(kept)
                values, _ = self._calculator.compute_metrics([*needed.values()], {"catch_exceptions": False})
                found = check.metrics_validate(values, asked, self._engine)
        except Exception as error:  # noqa: BLE001 - whatever it is
            return Verdict(None, error=f"{type(error).__name__}: {error}")
        count = needed.get(f"{getattr(kind, 'map_metric', None)}.unexpected_count")
        return Verdict(bool(found.success), values[count.id] if count else None, found.result or {})
