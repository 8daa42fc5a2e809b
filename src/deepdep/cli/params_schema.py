"""A JSON Schema of params.yaml, by which editors complete and check it.

``python -m deepdep.cli.params_schema > params.schema.json`` writes it anew, from the settings
classes themselves. It is here because no other room knows the settings of all stages.
"""

import json
import sys
from typing import Any

from pydantic import TypeAdapter

from deepdep.analysis.cohort_causes import CausesSettings
from deepdep.analysis.synthetic_lethality import ScreenSettings
from deepdep.data.prepare import PrepareSettings
from deepdep.domain.omics import Omic, TableName
from deepdep.evaluation.judge import JudgeSettings
from deepdep.experiments.learning_curve import LearningCurveSettings
from deepdep.experiments.settings import BenchmarkSettings
from deepdep.experiments.tuning_gain import TuningGainSettings
from deepdep.registry.gates import PromoteSettings
from deepdep.report.report import ReportSettings
from deepdep.training.settings import FinetuneSettings, PretrainSettings
from deepdep.tuning.settings import TuneSettings
from deepdep.validation import ValidateSettings

# What each group of params.yaml is read as, in the order of the file.
SETTINGS_OF_GROUPS: dict[str, Any] = {
    "omics": list[TableName],
    "validate": ValidateSettings,
    "prepare": PrepareSettings,
    "tune": TuneSettings,
    "tuning_gain": TuningGainSettings,
    "pretrain": dict[TableName, PretrainSettings],
    "finetune": FinetuneSettings,
    "evaluate": JudgeSettings,
    "learning_curve": LearningCurveSettings,
    "benchmark": BenchmarkSettings,
    "promote": PromoteSettings,
    "screen": ScreenSettings,
    "explain": CausesSettings,
    "report": ReportSettings,
}


def params_schema() -> dict[str, Any]:
    """Return the schema of the whole file; no key of any group may be unknown."""
    definitions: dict[str, Any] = {}
    groups: dict[str, Any] = {}
    for group, kind in SETTINGS_OF_GROUPS.items():
        groups[group] = TypeAdapter(kind).json_schema()
        definitions |= groups[group].pop("$defs", {})
    # An omic states what differs from ``common``, perhaps nothing: no key of it is required.
    override = TypeAdapter(PretrainSettings).json_schema(ref_template="#/$defs/{model}Override")
    parts = {f"{name}Override": part for name, part in override.pop("$defs", {}).items()}
    for name, part in (parts | {"PretrainOverride": override}).items():
        definitions[name] = {key: value for key, value in part.items() if key != "required"}
    of_omic = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/PretrainOverride"}]}
    groups["pretrain"] = {
        "type": "object",
        "properties": dict.fromkeys(("common", *map(str, Omic)), of_omic),
        "patternProperties": {rf"^({'|'.join(Omic)})_[a-z0-9]+$": of_omic},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "params.yaml",
        "type": "object",
        "properties": groups,
        "required": list(groups),
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """Return the schema as the file in the repository has it."""
    return json.dumps(params_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
