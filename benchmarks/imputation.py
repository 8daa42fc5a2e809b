"""Expression imputed from mutations, copy number and lineage: kernel ridge beside an autoencoder.

Test lines of a fold of real2, and tumours of patients that were drawn, lose their expression. It is
imputed by kernel ridge learned from lines, as the closed form fills what lacks; by kernel ridge
learned from lines and tumours; and by an autoencoder over all three omics and lineage, pretrained
on tumours and lines by hiding whole omics. Judged by the imputed table (mean r per gene, over
samples and within lineages) and, of lines, by the gene effects that the closed form then predicts.
Prints one JSON line.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from deepdep.data.cohort import read_cohort
from deepdep.data.folds import SplitMode
from deepdep.data.prepare import PreparedFold, prepare_fold
from deepdep.data.splits import LEARNED_FROM
from deepdep.domain.omics import Omic
from deepdep.experiments.plan import Plan
from deepdep.models.closed_form import ClosedForm, in_omic_units, lineage_table
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel import LINEAGE, Filling, TableKernel, Weight, WeightedKernels
from deepdep.models.kernel_fit import KernelLabels
from deepdep.statistics.metrics import pearson_per_gene
from real import TABLES_2, cohort_and_params
from real_pipeline import absent_data

LABELS, EXPRESSION = "dependency_class_22q1", str(Omic.EXPRESSION)
OTHERS = (str(Omic.MUTATION), str(Omic.COPY_NUMBER))
HELD_OUT = 0.2  # of the tumours that have expression, by patient
MIN_SAMPLES = 8  # of a lineage, to be judged within
PENALTY = 0.5  # of kernel ridge
WIDTHS, CODE, EPOCHS, BATCH, HIDDEN = (512,), 128, 25, 128, 0.5
MOST_VARIABLE = 2000  # features of another omic that the autoencoder reads

Tables = Mapping[str, pd.DataFrame]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if absent := absent_data(Path(TABLES_2)):
        print(json.dumps({"benchmark": "imputation", "skipped": f"there is no {absent[0]}"}))
        return
    keras.utils.set_random_seed(given.seed)
    folder, cohort_folder, params = cohort_and_params("real2", LABELS)
    plan = Plan.read(cohort_folder, params, [SplitMode.PATIENT], str(given.seed), "closed_form")
    plan = replace(plan, omics=(EXPRESSION, *OTHERS))
    cohort = read_cohort(cohort_folder)
    first = plan.folds(cohort, folder / "imputation")[0]
    fold = prepare_fold(cohort, plan.prepare, plan.omics, plan.gene_list, first.fold, first.mode)
    print(
        json.dumps(
            {"benchmark": "imputation", "seed": given.seed, **measured(fold, plan, given.seed)}
        )
    )


def measured(fold: PreparedFold, plan: Plan, seed: int) -> dict:
    """Impute and judge lines and tumours."""
    prepared, rng = fold.prepared, np.random.default_rng(seed)
    lines = in_omic_units(prepared.samples(prepared.cell_lines.index), prepared.features)
    lines |= lineage_table(prepared.cell_lines["lineage"])
    tumors = {
        name: table * prepared.features[name].table["scale_cell_line"].astype(np.float32)
        for name, table in prepared.tumor_profiles.items()
    } | lineage_table(prepared.tumors["lineage"])
    lines[EXPRESSION], tumors[EXPRESSION] = (
        t[EXPRESSION].dropna(how="all") for t in (lines, tumors)
    )
    shared = tumors[EXPRESSION].columns[tumors[EXPRESSION].notna().any()]
    patients = prepared.tumors.loc[tumors[EXPRESSION].index, "patient_id"].astype(str)
    drawn = rng.permutation(patients.unique())[: int(HELD_OUT * patients.nunique())]
    hidden = {
        "lines": fold.lines[fold.lines.isin(lines[EXPRESSION].index)],
        "tumours": patients.index[patients.isin(drawn)],
    }
    known_lines = lines[EXPRESSION].drop(hidden["lines"])
    known_tumors = tumors[EXPRESSION].drop(hidden["tumours"])
    both = {
        name: pd.concat([lines[name], tumors[name].reindex(columns=lines[name].columns)]).fillna(0)
        for name in (*OTHERS, LINEAGE)
    }
    of_lines = {
        name: table.loc[table.index.isin(known_lines.index)] for name, table in both.items()
    }
    known = pd.concat([known_lines, known_tumors])[shared].fillna(0)
    asked = hidden["lines"].append(hidden["tumours"])
    imputed = {
        "lineage mean": lineage_means(known, both[LINEAGE], asked),
        "kernel ridge, lines": kernel_ridge(of_lines, known_lines.fillna(0), both, asked)[shared],
        "kernel ridge, lines and tumours": kernel_ridge(both, known, both, asked),
        "autoencoder": autoencoder(both, known, asked),
    }
    truth = {"lines": lines[EXPRESSION], "tumours": tumors[EXPRESSION]}
    lineage = pd.concat([prepared.cell_lines["lineage"], prepared.tumors["lineage"]]).astype(str)
    found: dict = {"lines": len(hidden["lines"]), "tumours": len(hidden["tumours"]), "imputed": {}}
    for way, table in imputed.items():
        found["imputed"][way] = {
            of: table_r(truth[of].loc[names, shared].fillna(0), table.loc[names], lineage[names])
            for of, names in hidden.items()
        }
    found["gene effects of lines"] = effects(fold, plan, lines, hidden["lines"], imputed, shared)
    return found


def table_r(truth: pd.DataFrame, table: pd.DataFrame, lineage: pd.Series) -> dict[str, float]:
    """Mean r per gene over samples, and within lineages."""
    sizes = lineage.value_counts()
    within = [
        pearson_per_gene(truth[lineage == name], table[lineage == name]).mean()
        for name in sizes.index[sizes >= MIN_SAMPLES]
    ]
    return {
        "over samples": round(float(pearson_per_gene(truth, table).mean()), 4),
        "within lineages": round(float(np.nanmean(within)), 4),
    }


def lineage_means(known: pd.DataFrame, lineage: pd.DataFrame, asked: pd.Index) -> pd.DataFrame:
    """Return the mean of the samples of a lineage, with a sample of the mean of all beside them."""
    of_known, of_asked = (lineage.reindex(n).fillna(0).to_numpy() for n in (known.index, asked))
    mean, n = known.mean().to_numpy(), of_known.sum(axis=0)[:, None]
    of_lineage = (of_known.T @ (known.to_numpy() - mean)) / (n + 1)
    return pd.DataFrame(mean + of_asked @ of_lineage, asked, known.columns)


def kernel_ridge(
    learned: Tables, known: pd.DataFrame, tables: Tables, asked: pd.Index
) -> pd.DataFrame:
    """Fill as the closed form does, from the other tables alike."""
    kernels = {
        name: TableKernel.of(table.loc[table.index.isin(known.index)].astype(np.float32))
        for name, table in learned.items()
    }
    weights = dict.fromkeys(kernels, Weight(1.0, 0.5))
    filling = Filling(
        EXPRESSION, WeightedKernels(kernels, weights, known.index), known.index, PENALTY
    )
    of_asked = {name: table.loc[table.index.isin(asked)] for name, table in tables.items()}
    return pd.DataFrame(filling.fill(of_asked, asked, known), asked, known.columns)


def autoencoder(tables: Tables, known: pd.DataFrame, asked: pd.Index) -> pd.DataFrame:
    """Train on every sample that has any table, whole omics hidden at random."""
    tables = {
        name: table[table.var().nlargest(MOST_VARIABLE).index] for name, table in tables.items()
    }
    samples = known.index.union(tables[LINEAGE].index).difference(asked)
    x, there = laid_out(tables, known, samples)
    widths = [len(table.columns) for table in (known, *tables.values())]
    part = np.repeat(np.arange(len(widths)), widths)
    inputs = keras.Input((x.shape[1] + len(widths),))
    hidden = inputs
    for width in (*WIDTHS, CODE, *reversed(WIDTHS)):
        hidden = keras.layers.Dropout(0.1)(keras.layers.Dense(width, activation="gelu")(hidden))
    model = keras.Model(inputs, keras.layers.Dense(x.shape[1])(hidden))
    optimizer, rng = keras.optimizers.AdamW(1e-3, weight_decay=1e-4), np.random.default_rng(0)
    weight = (1 / np.array(widths))[part].astype(np.float32)  # each omic counts alike

    @tf.function
    def step(given: tf.Tensor, wanted: tf.Tensor, counted: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                tf.reduce_sum(
                    counted * weight * (model(given, training=True) - wanted) ** 2, axis=1
                )
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    for _ in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(x)), max(len(x) // BATCH, 1)):
            seen = there[rows] * (rng.random((len(rows), len(widths))) > HIDDEN)
            step(tf.constant(masked(x[rows], seen, part)), x[rows], there[rows][:, part])
    new, has = laid_out(tables, known, asked)
    has[:, 0] = 0
    restored = model.predict_on_batch(masked(new, has, part))
    return pd.DataFrame(restored[:, : len(known.columns)], asked, known.columns)


def laid_out(tables: Tables, known: pd.DataFrame, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Set expression and the other tables side by side, in SD, and say which a sample has."""
    parts, there = [], []
    for table in (known, *tables.values()):
        z = (table - table.mean()) / table.std().replace(0, 1)
        parts.append(z.reindex(names).fillna(0).to_numpy(np.float32))
        there.append(names.isin(table.index))
    return np.concatenate(parts, axis=1), np.stack(there, axis=1).astype(np.float32)


def masked(x: np.ndarray, seen: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Hide omics, and say beside the values which are seen."""
    return np.concatenate([x * seen[:, part], seen], axis=1).astype(np.float32)


def effects(
    fold: PreparedFold,
    plan: Plan,
    lines: dict[str, pd.DataFrame],
    asked: pd.Index,
    imputed: Tables,
    shared: pd.Index,
) -> dict[str, float]:
    """Predict gene effects of lines from what was imputed; r over all genes learned."""
    prepared, settings = fold.prepared, plan.settings["closed_form"].finetune.closed_form
    background = prepared.background
    if settings is None or background.patient_id is None:
        raise TypeError("there is no closed form")
    labels = KernelLabels(
        background.table[prepared.genes].astype(float), background.patient_id.astype(str)
    )
    form = ClosedForm.fit(lines, labels, prepared.gene_sets, settings)
    scale = GeneScale.fit(prepared.labels(*LEARNED_FROM), prepared.gene_sets)
    genes = list(prepared.genes)
    measured_effects = fold.gene_effect.table.loc[asked, genes].astype(float)
    of_asked = {name: table.loc[table.index.isin(asked)] for name, table in lines.items()}
    given = {"measured": of_asked[EXPRESSION], "measured, shared features": of_asked[EXPRESSION]}
    given["measured, shared features"] = given["measured"][shared].reindex(
        columns=given["measured"].columns
    )
    for way, table in imputed.items():
        of_lines = table.loc[asked]
        if way == "autoencoder":  # in SD of the features that were known
            known = pd.concat([lines[EXPRESSION].drop(asked)])[shared]
            of_lines = of_lines * known.std() + known.mean()
        given[way] = of_lines.reindex(columns=given["measured"].columns)
    found = {}
    for way, table in given.items():
        predicted = form.effects(
            of_asked | {EXPRESSION: table}, list(asked), genes, scale, prepared.gene_sets
        )
        r = pearson_per_gene(measured_effects, pd.DataFrame(predicted, asked, genes))
        found[way] = round(float(r.mean()), 4)
    without = {name: table for name, table in of_asked.items() if name != EXPRESSION}
    predicted = form.effects(without, list(asked), genes, scale, prepared.gene_sets)
    r = pearson_per_gene(measured_effects, pd.DataFrame(predicted, asked, genes))
    return found | {"filled by the closed form itself": round(float(r.mean()), 4)}


if __name__ == "__main__":
    main()
