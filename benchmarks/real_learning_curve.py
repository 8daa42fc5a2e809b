"""The learning curve of real public data: what labelled lines are worth, and what pretraining is.

Data as for real.py. Networks start from encoders that were pretrained on unlabelled tumours, or on
training lines where an omic has no tumours, and from none. Prints one JSON line.
"""

import json
from pathlib import Path

from deepdep.data.prepare import PrepareSettings, prepare
from deepdep.data.prepared import read_omics
from deepdep.domain.cohort import Cohort
from deepdep.domain.notes import Notes
from deepdep.evaluation.judge import JudgeSettings
from deepdep.experiments.learning_curve import LearningCurveSettings, learning_curve
from deepdep.models import TrainedEncoder
from deepdep.settings import read_settings
from deepdep.sources.gene_names import read_gene_list
from deepdep.sources.tables.read import import_tables
from deepdep.stage import Progress
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.session import start_session
from deepdep.training.settings import FinetuneSettings, PretrainSettings
from real import FOLDER, params_of_real
from real_pipeline import GENE_EFFECT, TABLES, absent_data

SETTINGS = LearningCurveSettings(n_lines=(50, 100, 200, None), seeds=(1, 2, 3), n_bootstrap=1000)


def run() -> dict:
    """Pretrain once, then learn from more and more lines."""
    params = FOLDER / "learning_curve.yaml"
    params.parent.mkdir(parents=True, exist_ok=True)
    params.write_text(json.dumps(params_of_real()), encoding="utf-8")
    prepare_settings = read_settings(params, "prepare", PrepareSettings)
    part = import_tables(TABLES, GENE_EFFECT, notes=Notes())
    genes = read_gene_list(Path(prepare_settings.gene_list))
    cohort = Cohort(part.cell_lines, part.tumors, part.gene_effect, part.gene_sets)
    prepared = prepare(cohort, prepare_settings, read_omics(params), genes)
    start_session(1)
    encoders = {}
    for omic, tables in prepared.omics.items():
        settings = read_settings(params, f"pretrain.{omic}", PretrainSettings)
        fitted = pretrain_omic(tables, prepared.splits, omic, settings)
        encoders[omic] = TrainedEncoder(fitted.autoencoder.encoder, settings.encoder, tables.space)
    curve = learning_curve(
        prepared,
        encoders,
        read_settings(params, "finetune", FinetuneSettings),
        read_settings(params, "evaluate", JudgeSettings).baselines,
        SETTINGS,
        Progress("learning curve", "draw"),
    )
    return {
        "accuracy": curve.accuracy.to_dict("records"),
        "gain": curve.gain.to_dict("records"),
    }


if __name__ == "__main__":
    absent = absent_data()
    figures = {"skipped": f"there is no {absent[0]}"} if absent else run()
    print(json.dumps({"benchmark": "real_learning_curve", **figures}))
