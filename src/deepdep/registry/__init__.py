"""Registered models: candidates, versions, the gates of promotion, and runs made again.

Names are imported when they are used, because candidates start TensorFlow and a list of versions
need not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepdep.registry.candidates import Candidate, find_candidates
    from deepdep.registry.gates import Gate, PromoteSettings
    from deepdep.registry.promotion import PromotionResult, promote, rollback
    from deepdep.registry.reproduction import RecordedRun
    from deepdep.registry.versions import (
        AUTOENCODER,
        PREDICTOR,
        ModelVersion,
        champion_or_named,
        find_version,
        format_versions,
        is_reference,
        list_versions,
        version_named,
    )

__all__ = [
    "AUTOENCODER",
    "PREDICTOR",
    "Candidate",
    "Gate",
    "ModelVersion",
    "PromoteSettings",
    "PromotionResult",
    "RecordedRun",
    "champion_or_named",
    "find_candidates",
    "find_version",
    "format_versions",
    "is_reference",
    "list_versions",
    "promote",
    "rollback",
    "version_named",
]

_NAMES = {
    "candidates": ("Candidate", "find_candidates"),
    "gates": ("Gate", "PromoteSettings"),
    "promotion": ("PromotionResult", "promote", "rollback"),
    "reproduction": ("RecordedRun",),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = next((module for module, names in _NAMES.items() if name in names), "versions")
    return getattr(import_module(f"{__name__}.{module}"), name)
