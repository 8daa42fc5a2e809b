"""What is made of predictions: causes, neighbours, associations, maps of a cohort.

What a notebook needs is here, and loaded when it is first used, since it starts TensorFlow:
``explain`` a prediction, its ``causes_of_gene`` in many samples, ``similarities`` of samples and
lines, ``associate`` effects with annotations, and the ``alteration_table`` of a cohort's samples.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepdep.analysis.associations import alteration_table, associate
    from deepdep.analysis.causes import causes_of_gene
    from deepdep.analysis.explanation import explain
    from deepdep.analysis.neighbors import similarities

__all__ = ["alteration_table", "associate", "causes_of_gene", "explain", "similarities"]

_HOMES = {
    "alteration_table": "associations",
    "associate": "associations",
    "causes_of_gene": "causes",
    "explain": "explanation",
    "similarities": "neighbors",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
