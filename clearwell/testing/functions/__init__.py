"""Asks two engines for the values of each function over a grid of arguments, and compares them.

``clearwell/engines/sail_guard/functions.json`` is made from the results: the functions that the embedded
engine may be trusted with, and the kinds of arguments for which they differ from Spark's.
"""

from __future__ import annotations

from clearwell.testing.functions.ask import Answer, Question, answer, answer_only
from clearwell.testing.functions.compare import Status, compare
from clearwell.testing.functions.questions import AGGREGATES, questions_of

__all__ = ["AGGREGATES", "Answer", "Question", "Status", "answer", "answer_only", "compare", "questions_of"]
