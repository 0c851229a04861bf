"""The functions that lineage must know by name: those over many rows, and those of several columns.

Any other function, known or not, computes from its arguments. An aggregate that is missing here is still
recognised by its place: every non-key expression of a grouped frame is aggregated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.lineage.sources import TRANSFORMATION, Sources, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.lineage.walk import Walk

__all__ = ["AGGREGATES", "GENERATORS", "chosen", "windowed"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


AGGREGATES = _names(
    """
    any any_value approx_count_distinct approx_percentile array_agg avg bit_and bit_or bit_xor
    bitmap_construct_agg bitmap_or_agg bool_and bool_or collect_list collect_set corr count
    count_distinct count_if count_min_sketch covar_pop covar_samp every first first_value grouping
    grouping_id histogram_numeric hll_sketch_agg hll_union_agg kurtosis last last_value listagg max
    max_by mean median min min_by mode percentile percentile_approx percentile_cont percentile_disc
    product regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
    skewness some std stddev stddev_pop stddev_samp string_agg sum sum_distinct try_avg try_sum var_pop
    var_samp variance
    """
)
GENERATORS = _names(
    """
    explode explode_outer posexplode posexplode_outer inline inline_outer stack json_tuple
    variant_explode variant_explode_outer
    """
)


def chosen(walk: Walk, conditions: Sequence[Sources], values: Sequence[Sources]) -> Sources:
    """The sources of a CASE: its values; also its conditions, if these choose between literals."""
    found = merged(values, TRANSFORMATION)
    deciding = merged(conditions, TRANSFORMATION)
    walk.influence("CONDITIONAL", deciding)
    return deciding if found.is_empty else found


def windowed(walk: Walk, function: Sources, window: Sequence[Sources]) -> Sources:
    """The sources of a window function: its arguments; for a rank or count, the window itself."""
    deciding = merged(window, TRANSFORMATION)
    walk.influence("WINDOW", deciding)
    return deciding if function.is_empty else merged([function], TRANSFORMATION)
