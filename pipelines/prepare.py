"""Stage: draw the split, choose genes and features, learn fills and scales from training rows."""

from pathlib import Path

from deepdep.data.cohort import read_cohort
from deepdep.data.prepare import PrepareSettings, prepare
from deepdep.data.prepared import read_omics, write_prepared
from deepdep.settings import read_settings
from deepdep.sources.feature_lists import read_feature_lists
from deepdep.sources.gene_names import read_gene_list
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run


def main(data: Path, to: Path, params: Path = Path("params.yaml")) -> None:
    settings = read_settings(params, "prepare", PrepareSettings)
    with tracked_run("prepare", settings) as run:
        gene_list = read_gene_list(Path(settings.gene_list))
        lists = read_feature_lists(Path(settings.feature_lists)) if settings.is_preset else None
        prepared = prepare(read_cohort(data), settings, read_omics(params), gene_list, lists)
        run.metrics(prepared.counts)
        write_prepared(prepared, to)


if __name__ == "__main__":
    run_stage(main)
