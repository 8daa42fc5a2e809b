"""Where pretraining on tumours should pay: lineages with no or few labelled lines, on real2.

A lineage is left out as in ``deepdep benchmark --mode lineage``; 0, 3 or 10 of its lines, drawn,
are given back with their labels, and the others are judged: mean over genes of interest of r within
the lineage. Ways to predict them:

- ``ridge``: tuned, on expression;
- ``closed_form``; with a further table of codes (``codes``: autoencoders pretrained on tumours, or
  ``untrained_codes``), or of what tumours have labels for (``heads``: ridge on expression, fitted
  to tumours' driver mutations, copy number of drivers and lineage, as features of lines);
- with ``--networks``: one network whose encoders are ``untrained``, pretrained and ``frozen``,
  moved ``a_little`` (after each epoch a quarter of the way back to the pretrained weights) or
  ``whole``, and ``blend``: a fifth of it beside the closed form.

Cells are kept in `.benchmark/`; prints one JSON line.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from deepdep.data.cohort import read_cohort
from deepdep.data.folds import SplitMode
from deepdep.data.prepare import PreparedFold, prepare_fold
from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, Split
from deepdep.domain.cohort import Cohort
from deepdep.domain.drivers import DRIVERS
from deepdep.domain.omics import Omic
from deepdep.experiments.plan import Plan
from deepdep.models.artifacts import TrainedEncoder
from deepdep.models.baselines import BASELINES, Task
from deepdep.models.closed_form import ClosedForm, in_omic_units, lineage_table
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel_fit import KernelLabels
from deepdep.sources.gene_names import read_gene_list
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.finetune import finetune, labelled_lines
from deepdep.training.predictor import TrainingSettings
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.session import start_session
from real import TABLES_2, cohort_and_params
from real_pipeline import GENE_LIST, absent_data

LABELS = "dependency_class_22q1"
READ = (Omic.EXPRESSION, Omic.MUTATION, Omic.COPY_NUMBER)  # what tumours have
N_GIVEN = (0, 3, 10)
N_JUDGED = 15  # lines of a lineage with expression, beside the ten, at least
BACK = 0.25  # of the way to the pretrained weights, after each epoch
SHARE = 0.2  # of the network in a blend
N_RESAMPLES = 1000


@dataclass(frozen=True)
class NewLineage:
    """A lineage, so many of its lines given back, and the lines to judge."""

    prepared: Prepared
    judged: pd.DataFrame  # measured, (line, gene)
    settings: TrainingSettings
    plan: Plan

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Profiles of the lines as the closed form reads them."""
        samples = self.prepared.samples(self.prepared.cell_lines.index)
        tables = in_omic_units(samples, self.prepared.features)
        return tables | lineage_table(self.prepared.background.lineage)

    @cached_property
    def encoders(self) -> dict[str, TrainedEncoder]:
        """Autoencoders' encoders, pretrained on tumours."""
        found = {}
        for omic in READ:
            settings = self.settings.pretrain[omic]
            start_session(settings.seed, settings.precision)
            of_omic = self.prepared.omics[omic]
            trained = pretrain_omic(of_omic, self.prepared.splits, omic, settings)
            found[str(omic)] = TrainedEncoder(
                trained.autoencoder.encoder, settings.encoder, of_omic.space
            )
        return found

    def ways(self, *, networks: bool) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield each way's predictions of the judged lines."""
        lines, genes = self.judged.index, self.judged.columns
        task = Task.of_prepared(self.prepared, lines, genes, self.plan.judge.baselines)
        yield "ridge", BASELINES["ridge_expression"](task)
        plain = self.closed_form({})
        yield "closed_form", plain
        yield "codes", self.closed_form(self.codes(trained=True))
        yield "untrained_codes", self.closed_form(self.codes(trained=False))
        yield "heads", self.closed_form({"heads": self.heads()})
        if networks:
            for way in ("untrained", "frozen", "a_little", "whole"):
                predicted = self.network(way)
                yield way, predicted
                yield f"blend_{way}", SHARE * predicted + (1 - SHARE) * plain

    def closed_form(self, further: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Fit and predict with further tables, (line, feature)."""
        settings, background = self.settings.finetune.closed_form, self.prepared.background
        if settings is None or background.patient_id is None:
            raise TypeError("there is no closed form")
        tables = self.tables | further
        labels = KernelLabels(
            background.table[self.prepared.genes].astype(float), background.patient_id.astype(str)
        )
        form = ClosedForm.fit(tables, labels, self.prepared.gene_sets, settings)
        lines, genes = self.judged.index, self.judged.columns
        scale = GeneScale.fit(self.prepared.labels(*LEARNED_FROM), self.prepared.gene_sets)
        of_lines = {name: table.loc[table.index.isin(lines)] for name, table in tables.items()}
        found = form.effects(of_lines, list(lines), list(genes), scale, self.prepared.gene_sets)
        return pd.DataFrame(found, lines, genes)

    def codes(self, *, trained: bool) -> dict[str, pd.DataFrame]:
        """Encode every line that has an omic; centred on the lines learned from."""
        found = {}
        for omic, of_omic in self.encoders.items():
            encoder = of_omic.encoder if trained else of_omic.untrained(f"{omic}_untrained")
            profiles = self.prepared.omics[omic].cell_lines
            profiles = profiles.loc[profiles.notna().any(axis=1)].fillna(0)
            codes = np.asarray(encoder.predict_on_batch(profiles.to_numpy(np.float32)))
            names = [f"{omic}_code_{k}" for k in range(codes.shape[1])]
            table = pd.DataFrame(codes, profiles.index, names)
            learned = table.index.isin(self.prepared.lines(*LEARNED_FROM))
            found[f"codes_{omic}"] = (table - table.loc[learned].mean()).astype(np.float32)
        return found

    def heads(self) -> pd.DataFrame:
        """Say of each line with expression what tumours' labels go with, by ridge on expression."""
        of_omic = self.prepared.omics[str(Omic.EXPRESSION)]
        tumors, lines = (
            t.loc[t.notna().any(axis=1)].fillna(0) for t in (of_omic.tumors, of_omic.cell_lines)
        )
        targets = {}
        for omic in (Omic.MUTATION, Omic.COPY_NUMBER):
            table = self.prepared.omics[str(omic)].tumors
            named = table.columns[table.columns.isin(list(DRIVERS))]
            targets |= {f"{omic} {name}": table[name] for name in named}
        lineage = self.prepared.tumors["lineage"]
        targets |= {f"lineage {name}": (lineage == name).astype(float) for name in lineage.unique()}
        wanted = pd.DataFrame(targets).reindex(tumors.index)
        x, new = tumors.to_numpy(float), lines.to_numpy(float)
        kernel = x @ x.T
        scale = np.trace(kernel) / len(kernel)
        found = {}
        for has, names in (
            wanted.notna().T.groupby(wanted.notna().T.apply(tuple, axis=1)).groups.items()
        ):
            rows = np.flatnonzero(has)
            y = wanted.iloc[rows][names].to_numpy()
            if len(rows) < 50:
                continue
            dual = np.linalg.solve(
                kernel[np.ix_(rows, rows)] + scale * np.eye(len(rows)), y - y.mean(axis=0)
            )
            predicted = new @ x[rows].T @ dual
            found |= dict(zip(names, predicted.T, strict=True))
        table = pd.DataFrame(found, lines.index)
        return ((table - table.mean()) / table.std().replace(0, 1)).astype(np.float32)

    def network(self, way: str) -> pd.DataFrame:
        """Train one network and predict the judged lines."""
        settings = self.settings.finetune
        settings = replace(settings, encoders="frozen" if way == "frozen" else "trainable")
        start_session(settings.seed, settings.precision)
        encoders = {
            omic: of_omic.untrained(omic) if way == "untrained" else of_omic.copy(omic)
            for omic, of_omic in self.encoders.items()
        }
        callbacks = [DrawnBack(encoders)] if way == "a_little" else []
        lines = labelled_lines(self.prepared)
        lines = replace(lines, profiles={o: p for o, p in lines.profiles.items() if o in encoders})
        fitted = finetune(lines, encoders, settings, callbacks)
        return fitted.predict(lines, self.judged.index, settings)


class DrawnBack(keras.callbacks.Callback):
    """Draws encoders back to where they began, after each epoch (L2-SP, decoupled).

    Li 2018, arXiv:1802.01483.
    """

    def __init__(self, encoders: Mapping[str, keras.Model]) -> None:
        super().__init__()
        self._began = [(encoder, encoder.get_weights()) for encoder in encoders.values()]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Move each weight a part of the way back."""
        for encoder, began in self._began:
            now = encoder.get_weights()
            encoder.set_weights([w + BACK * (b - w) for w, b in zip(now, began, strict=True)])


def given_back(
    fold: PreparedFold, cohort: Cohort, plan: Plan, genes: list[str], n_given: int, seed: int
) -> NewLineage:
    """Give some of a lineage's lines back to training, two of three to learn from."""
    prepared, screened = fold.prepared, cohort.gene_effect
    if screened is None:
        raise TypeError("the cohort has no labels")
    expression = prepared.profiles[str(Omic.EXPRESSION)].dropna(how="all").index
    lines = fold.lines[fold.lines.isin(expression)]
    drawn = lines[np.random.default_rng(seed).permutation(len(lines))]
    given, judged = drawn[:n_given], drawn[max(N_GIVEN) :]
    kept = [gene for gene in prepared.genes if gene in genes]
    splits = prepared.splits
    if n_given:
        of_lines = cohort.cell_lines.obs.loc[given, ["patient_id", "lineage"]]
        part = np.where(np.arange(n_given) % 3 == 2, str(Split.VALIDATION), str(Split.TRAIN))
        splits = pd.concat([splits, of_lines.assign(split=part)]).sort_index()
    learned = splits.index[splits["split"] != str(Split.TEST)]
    background = prepared.background
    more = screened.table.reindex(columns=background.table.columns).loc[given]
    table = pd.concat([background.table, more])
    of_given = cohort.cell_lines.obs.loc[given]
    background = replace(
        background,
        table=table,
        patient_id=pd.concat([background.patient_id, of_given["patient_id"].astype(str)]),
        lineage=pd.concat([background.lineage, of_given["lineage"].astype(str)]),
    )
    effect = screened.table.loc[learned, kept]
    prepared = replace(
        prepared,
        splits=splits.loc[learned],
        gene_effect=replace(prepared.gene_effect, table=effect),
        background=background,
    )
    measured = screened.table.loc[judged, kept].astype(float)
    settings = plan.settings["closed_form"]
    return NewLineage(
        prepared, measured, replace(settings, finetune=replace(settings.finetune, seed=seed)), plan
    )


def run_lineages(given: argparse.Namespace) -> dict:
    folder, cohort_folder, params = cohort_and_params("real2", LABELS)
    plan = Plan.read(cohort_folder, params, [SplitMode.LINEAGE], str(given.seed), "closed_form")
    cohort, kept = read_cohort(cohort_folder), folder / "new_lineages"
    kept.mkdir(exist_ok=True)
    genes, lineages = read_gene_list(GENE_LIST), cohort.cell_lines.obs["lineage"]
    has = cohort.cell_lines.omics[Omic.EXPRESSION].index
    rows = []
    folds = plan.folds(cohort, folder / "new_lineages_folds")
    counted = {f.fold.name: f.fold.test.isin(has).sum() for f in folds}
    usable = [f for f in folds if counted[f.fold.name] >= max(N_GIVEN) + N_JUDGED]
    usable.sort(key=lambda f: -counted[f.fold.name])
    for fold in usable[: given.lineages]:
        name = str(lineages[fold.fold.test[0]])
        files = {
            n: kept / f"{fold.fold.name}-{given.seed}-{n}.json".replace("/", "_") for n in N_GIVEN
        }
        prepared = None
        for n, file in files.items():
            found = json.loads(file.read_text()) if file.exists() else {}
            if not found or (given.networks and "whole" not in found):
                if prepared is None:
                    prepared = prepare_fold(
                        cohort, plan.prepare, plan.omics, plan.gene_list, fold.fold, fold.mode
                    )
                new = given_back(prepared, cohort, plan, genes, n, given.seed)
                found = {
                    way: {g: round(float(r), 6) for g, r in pearson_per_gene(new.judged, p).items()}
                    for way, p in new.ways(networks=given.networks)
                }
                file.write_text(json.dumps(found))
            rows += [(name, n, way, pd.Series(r).mean()) for way, r in found.items()]
    return summarised(pd.DataFrame(rows, columns=["lineage", "given", "way", "r"]), given.seed)


def summarised(cells: pd.DataFrame, seed: int) -> dict:
    """Average over lineages; differences from ridge with a 90 % interval, lineages resampled."""
    rng, found = np.random.default_rng(seed), {}
    for n, of_n in cells.groupby("given"):
        table = of_n.set_index(["lineage", "way"])["r"].unstack("way")  # noqa: PD010
        draws = rng.integers(len(table), size=(N_RESAMPLES, len(table)))
        found[int(n)] = {
            way: {
                "r": round(float(table[way].mean()), 4),
                "lead over ridge": interval(table[way] - table["ridge"], draws),
                "lead over closed_form": interval(table[way] - table["closed_form"], draws),
            }
            for way in table
        }
    return {"lineages": sorted(cells["lineage"].unique()), "given": found}


def interval(differences: pd.Series, draws: np.ndarray) -> list[float]:
    """Return mean, 5th and 95th percentile over resampled lineages."""
    means = differences.to_numpy()[draws].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return [round(float(x), 4) for x in (differences.mean(), low, high)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lineages", type=int, default=6, help="so many, those with most lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--networks", action="store_true", help="train them too; takes long")
    given = parser.parse_args()
    if absent := absent_data(Path(TABLES_2)):
        print(json.dumps({"benchmark": "new_lineages", "skipped": f"there is no {absent[0]}"}))
        return
    print(json.dumps({"benchmark": "new_lineages", **run_lineages(given)}))


if __name__ == "__main__":
    main()
