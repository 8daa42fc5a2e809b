"""Stage: the predictor beside its baselines on patients that nothing was learned from."""

from pathlib import Path

from deepdep.data.prepared import read_omics, read_prepared
from deepdep.evaluation.judge import JudgeSettings, judge
from deepdep.models import load_predictor
from deepdep.settings import read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run


def main(
    prepared: Path,
    predictor: Path,
    headline: Path,
    metrics: Path,
    per_gene: Path,
    predictions: Path,
    params: Path = Path("params.yaml"),
) -> None:
    settings = read_settings(params, "evaluate", JudgeSettings)
    cohort = read_prepared(prepared, read_omics(params))
    idle = [f"baselines.{name}" for name in settings.baselines.unused]
    with tracked_run("evaluate", settings, left_out=idle) as run:
        trained = load_predictor(predictor)
        run.describe(trained.composition)
        judged = judge(trained, cohort, settings)
        run.compare({model: judged.tracked(model) for model in judged.lines.predicted}, "predictor")
        judged.write(headline, metrics, per_gene, predictions)
        run.artifact(per_gene)


if __name__ == "__main__":
    run_stage(main)
