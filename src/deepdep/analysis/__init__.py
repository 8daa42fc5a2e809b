"""What is made of predictions: causes, neighbours, associations, maps of a cohort.

What a notebook needs is here, and loaded when it is first used, since it starts TensorFlow:
``explain`` a prediction, its ``causes_of_gene`` in many samples, ``explain_cohort`` what each
sample needs most, ``similarities`` of samples and lines, ``associate`` effects with annotations,
their ``survival``, the ``alteration_table`` of a cohort's samples, and ``screen_pairs`` of
alterations and the genes that cells with them need.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepdep.analysis.associations import alteration_table, associate
    from deepdep.analysis.causes import causes_of_gene
    from deepdep.analysis.cohort_causes import explain_cohort
    from deepdep.analysis.cox import survival
    from deepdep.analysis.explanation import explain
    from deepdep.analysis.neighbors import similarities
    from deepdep.analysis.synthetic_lethality import screen_pairs

__all__ = [
    "alteration_table",
    "associate",
    "causes_of_gene",
    "explain",
    "explain_cohort",
    "screen_pairs",
    "similarities",
    "survival",
]

_HOMES = {
    "alteration_table": "associations",
    "associate": "associations",
    "causes_of_gene": "causes",
    "explain": "explanation",
    "explain_cohort": "cohort_causes",
    "screen_pairs": "synthetic_lethality",
    "similarities": "neighbors",
    "survival": "cox",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
