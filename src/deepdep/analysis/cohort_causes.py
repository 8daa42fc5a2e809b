"""The strongest selective dependencies of every sample of a cohort, and because of what.

Apart from ``explanation``, which tells all of one prediction: this keeps the first causes of many,
and asks whether models that did not see a fold of the lines name the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control

from deepdep.analysis.causes import PathToSamples, SetsOfFeatures
from deepdep.analysis.cohort_map import N_NEAREST
from deepdep.analysis.dependency_map import strongest_dependencies
from deepdep.analysis.neighbors import tables_of_samples
from deepdep.data.prepared import Prepared
from deepdep.data.splits import patient_fold_of_line
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.gene_effect import DEPENDENT_AT
from deepdep.errors import DeepDEPError
from deepdep.io.files import new_path
from deepdep.io.matrices import to_frame
from deepdep.models import Progress, TrainedPredictor
from deepdep.models.closed_form import ClosedForm, ClosedFormSettings, in_omic_units
from deepdep.models.kernel import LINEAGE, KernelPart, Tables
from deepdep.settings import Settings
from deepdep.training.cross_fit import ClosedFormData

DECIMALS = 6
FEATURE, GENE_SET, LINE = "feature", "gene_set", "line"  # values of ``part``
DEFINITIONS = {
    "predicted": "gene effect of the gene in the sample",
    "deviation": "from the gene's mean over lines learned from, in its SD",
    "dependency": "order of the sample's dependencies by deviation; 1 is the most unusual",
    "part": "what the row is of: a feature, a gene set, or a line like the sample",
    "rank": "order within sample, gene and part; features and gene sets by size of contribution, "
    "lines by similarity",
    "difference": "of the feature from the mean of the lines learned from, in the table's unit",
    "contribution": "to the predicted effect, in its unit; a gene set's is the sum of its features",
    "stability": "share of models that each left out a fold of the lines in which the feature is "
    "among as many that contribute most, too",
    "q": "of a gene set: whether its features contribute otherwise than others (rank sums, normal "
    "approximation), corrected for its prediction's gene sets (Benjamini and Hochberg); it orders "
    "sets and is no proof",
    "measured": "gene effect measured in the line",
}
KEYS = ["sample", "gene", "predicted", "deviation", "dependency"]
COLUMNS = [
    *KEYS,
    *("part", "rank", "table", "name"),
    *("difference", "contribution", "stability", "q", "measured"),
]
NO_ROWS = pd.DataFrame(columns=COLUMNS)
TEXTS, COUNTS = ("sample", "gene", "part", "table", "name"), ("dependency", "rank")


@dataclass(frozen=True)
class CausesSettings(Settings):
    """The ``explain`` group of params.yaml."""

    n_genes: int  # dependencies of each sample
    n_features: int  # of each dependency, and so on
    n_gene_sets: int
    n_lines: int  # most like the sample; up to those that ``predict`` names


def explain_cohort(
    predictor: TrainedPredictor,
    prepared: Prepared,
    mapped: Sequence[anndata.AnnData],
    folds: Sequence[ClosedForm],
    settings: CausesSettings,
    progress: Progress | None = None,
    *,
    min_deviation: float,
) -> pd.DataFrame:
    """Tell of every tumour and line its strongest selective dependencies and their causes.

    Parameters
    ----------
    mapped
        Predictions of the cohort's tumours and of its lines, as ``map_cohort`` has them.
    min_deviation
        SD below the gene's mean at which a dependency is selective.

    Returns
    -------
    Columns ``COLUMNS``, as ``DEFINITIONS`` has them; first features and gene sets, and what was
    measured in the nearest lines. A sample without a selective dependency has no row.
    """
    found = []
    n_all, n_before = sum(matrix.n_obs for matrix in mapped), 0
    lines = prepared.samples(prepared.cell_lines.index)
    tumors = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    for matrix, samples in zip(mapped, (tumors, lines), strict=True):
        effect = to_frame(matrix)
        dependencies = strongest_dependencies(
            effect,
            matrix.var,
            n=settings.n_genes,
            dependent_at=DEPENDENT_AT[predictor.kind],
            min_deviation=min_deviation,
        )
        order = dependencies.groupby("sample", sort=False).cumcount() + 1
        dependencies = dependencies.assign(dependency=order)

        def of_all(n_done: int, n_samples: int, n_before: int = n_before) -> None:
            del n_samples
            if progress is not None:
                progress(n_before + n_done, n_all)

        named = [f"nearest_line_{k}" for k in range(1, min(settings.n_lines, N_NEAREST) + 1)]
        found += [
            causes_of_cohort(predictor, samples, dependencies, folds, settings, of_all),
            measured_in_lines(dependencies, matrix.obs[named], prepared.gene_effect.table),
        ]
        n_before += matrix.n_obs
    return _joined(found)


def causes_of_cohort(
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    dependencies: pd.DataFrame,
    folds: Sequence[ClosedForm],
    settings: CausesSettings,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return first features and gene sets of some predictions, a row each.

    Networks have no part by feature; contributions are of what the closed form says.

    Parameters
    ----------
    dependencies
        Columns ``KEYS``; of samples and genes that were learned, a row per prediction.
    folds
        Closed forms that each left out a fold of the lines; see ``fits_without_folds``.

    Returns
    -------
    Columns ``COLUMNS``.

    Raises
    ------
    DeepDEPError
        Where the predictor has no closed form of today's kind.
    """
    form, share = _closed_form_of(predictor), 1 - predictor.network_share
    tables = in_omic_units(samples, predictor.features)
    found: list[pd.DataFrame] = []
    n_done, others = 0, [_blocks(each, tables, samples.names, dependencies) for each in folds]
    sets = None
    for block in _blocks(form, tables, samples.names, dependencies):
        if sets is None:
            sets = _SummedSets.of(block.features, predictor)
        top = _largest(block.contributions, settings.n_features)
        again = [_largest(next(each).contributions, settings.n_features) for each in others]
        found += [_features(block, top, again, share), _gene_sets(block, sets, settings, share)]
        n_done += len(block.names)
        if progress is not None:
            progress(n_done, len(samples.names))
    return _joined(found)


def fits_without_folds(
    predictor: TrainedPredictor, prepared: Prepared, settings: ClosedFormSettings
) -> list[ClosedForm]:
    """Fit the predictor's closed form once without each fold of the patients, as training does.

    Tables count as they do in the predictor, every labelled line of ``prepared`` having taught it.
    """
    every, form = prepared.with_every_line(), _closed_form_of(predictor)
    omics = {name: every.omics[name] for name in predictor.features}
    taught = ClosedFormData.of(replace(every, omics=omics))
    labels = taught.labels
    fold_of_line = patient_fold_of_line(
        labels.patient_id[labels.effect.index], settings.kernel.n_folds
    )
    return [
        form.refit(
            taught.tables, labels.without(fold_of_line.index[fold_of_line == fold]), settings
        )
        for fold in sorted(fold_of_line.unique())
    ]


def _closed_form_of(predictor: TrainedPredictor) -> ClosedForm:
    form = predictor.closed_form
    if form is None or not isinstance(form.kernel, KernelPart):
        raise DeepDEPError(
            "explain: the model has no closed form of one kernel per table; train it anew with "
            "finetune.closed_form in params.yaml"
        )
    return form


def measured_in_lines(
    dependencies: pd.DataFrame, nearest: pd.DataFrame, measured: pd.DataFrame
) -> pd.DataFrame:
    """Return what was measured in lines most like the samples, ``COLUMNS`` again.

    Parameters
    ----------
    nearest
        Names of lines, shape (sample, rank), empty where there are no more.
    measured
        Shape (line, gene); NaN where not screened, of which nothing is told.
    """
    names = nearest.loc[dependencies["sample"]].to_numpy(object)
    rows = np.repeat(np.arange(len(dependencies)), names.shape[1])
    lines, genes = names.ravel(), dependencies["gene"].to_numpy(object)[rows]
    where = (
        measured.index.get_indexer(pd.Index(lines)),
        measured.columns.get_indexer(pd.Index(genes)),
    )
    is_there = np.minimum(*where) >= 0
    effects = np.where(is_there, measured.to_numpy(float)[where], np.nan)
    table = (
        dependencies[KEYS]
        .iloc[rows]
        .assign(
            part=LINE,
            rank=np.tile(np.arange(1, names.shape[1] + 1), len(dependencies)),
            table=None,
            name=lines,
            measured=effects,
        )
    )
    return table[np.isfinite(effects)].reindex(columns=COLUMNS)


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables together, each prediction's rows beside each other."""
    types = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(TEXTS, "string")
    types |= dict.fromkeys(COUNTS, "int64")
    typed = [
        table.reindex(columns=COLUMNS).astype({name: types[name] for name in COLUMNS})
        for table in (NO_ROWS, *tables)
    ]
    order = ["sample", "dependency", "part", "rank"]
    return pd.concat(typed).sort_values(order, kind="stable", ignore_index=True)


def write_causes(causes: pd.DataFrame, target: Path) -> None:
    """Write causes, and what their columns mean, as Parquet."""
    rounded = causes.copy()
    numbers = causes.select_dtypes("number").columns.difference(["q"])
    rounded[numbers] = rounded[numbers].round(DECIMALS)
    rounded.attrs = {"definitions": DEFINITIONS}
    with new_path(target) as path:
        rounded.to_parquet(path, index=False)


@dataclass(frozen=True)
class _Block:
    """Contributions to the predictions of some samples, shape (prediction, feature)."""

    names: pd.Index  # of the samples
    predictions: pd.DataFrame  # rows of ``dependencies``
    features: pd.MultiIndex  # table and feature
    differences: np.ndarray  # (sample, feature)
    contributions: np.ndarray
    sample_of_row: np.ndarray


def _blocks(
    form: ClosedForm, tables: Tables, names: pd.Index, dependencies: pd.DataFrame
) -> Iterator[_Block]:
    """Part predictions, some samples at a time."""
    kernel = form.kernel
    if not isinstance(kernel, KernelPart):
        raise TypeError("a closed form of an older format has no parts by feature")
    genes = pd.Index(dependencies["gene"].unique())
    single = form.single_features.of_genes(genes)
    lines = {name: kernel.lines.get_indexer(of.index) for name, of in kernel.profiles.items()}
    for _, full in form.compared(tables, list(names)):
        some = next(iter(full.values())).index
        predictions = dependencies[dependencies["sample"].isin(some)]
        there = tables_of_samples(kernel, tables, some)
        differences = {
            name: np.where(
                there[name].to_numpy()[:, None],
                full[name].to_numpy() - of.mean.astype(np.float32),
                np.float32(0),
            )
            for name, of in kernel.kernels.tables.items()
            if name != LINEAGE
        }
        paths = {
            name: PathToSamples.of(
                kernel.kernels.tables[name], kernel.kernels.weights[name], of_samples
            )
            for name, of_samples in differences.items()
            if kernel.kernels.weights[name].weight
        }
        starts = np.cumsum([0, *(of.shape[1] for of in differences.values())])
        places = dict(zip(differences, starts, strict=False))
        contributions = np.zeros((len(predictions), starts[-1]), np.float32)
        sample_of_row = some.get_indexer(pd.Index(predictions["sample"]))
        gene_of_row = genes.get_indexer(pd.Index(predictions["gene"]))
        for position, gene in enumerate(genes):
            rows = np.flatnonzero(gene_of_row == position)
            if not len(rows):
                continue
            coefficients = kernel.coefficients[gene].to_numpy(np.float32)
            for name, path in paths.items():
                columns = slice(places[name], places[name] + path.lines.shape[1])
                contributions[rows, columns] = path.parts(
                    coefficients[lines[name]], sample_of_row[rows]
                )
            for part in single:
                for row in np.flatnonzero(part.positions == position):
                    entries = slice(*part.weights.indptr[row : row + 2])
                    named = part.features[part.weights.indices[entries]]
                    within = full[part.omic].columns.get_indexer(named)
                    of_rows = differences[part.omic][np.ix_(sample_of_row[rows], within)]
                    columns_of_table = places[part.omic] + within
                    contributions[np.ix_(rows, columns_of_table)] += (
                        of_rows * part.weights.data[entries]
                    )
        features = pd.MultiIndex.from_tuples(
            [(name, feature) for name in differences for feature in full[name].columns]
        )
        yield _Block(
            some,
            predictions,
            features,
            np.hstack(list(differences.values())),
            contributions,
            sample_of_row,
        )


def _largest(contributions: np.ndarray, n: int) -> np.ndarray:
    """Return positions of the largest in size of each row, the largest first, (row, n)."""
    size, rows = np.abs(contributions), np.arange(len(contributions))
    found = np.zeros((len(size), min(n, size.shape[1])), np.int64)
    for k in range(found.shape[1]):  # n is small: faster than parting all by size
        found[:, k] = size.argmax(axis=1)
        size[rows, found[:, k]] = -1
    return found


def _features(
    block: _Block, top: np.ndarray, again: Sequence[np.ndarray], share: float
) -> pd.DataFrame:
    n_rows, n = top.shape
    rows, columns = np.repeat(np.arange(n_rows), n), top.ravel()
    stability = np.full(top.shape, np.nan)
    if again:
        hits = [(top[:, :, None] == other[:, None, :]).any(axis=2) for other in again]
        stability = np.mean(hits, axis=0)
    table = (
        block.predictions[KEYS]
        .iloc[rows]
        .assign(
            part=FEATURE,
            rank=np.tile(np.arange(1, n + 1), n_rows),
            table=block.features.get_level_values(0).to_numpy()[columns],
            name=block.features.get_level_values(1).to_numpy()[columns],
            difference=block.differences[block.sample_of_row[rows], columns].astype(float),
            contribution=share * block.contributions[rows, columns].astype(float),
            stability=stability.ravel(),
        )
    )
    return table[table["contribution"] != 0].reindex(columns=COLUMNS)


@dataclass(frozen=True)
class _SummedSets:
    """Gene sets of features, and how tables' features of one name are summed before."""

    to_names: csr_array  # (table's feature, name)
    sets: SetsOfFeatures

    @classmethod
    def of(cls, features: pd.MultiIndex, predictor: TrainedPredictor) -> "_SummedSets":
        position, names = pd.factorize(features.get_level_values(1), sort=True)
        ones = np.ones(len(position), np.float32)
        to_names = csr_array((ones, (np.arange(len(position)), position)))
        return cls(to_names, SetsOfFeatures.of(pd.Index(names), predictor.gene_sets))


def _gene_sets(
    block: _Block, sets: _SummedSets, settings: CausesSettings, share: float
) -> pd.DataFrame:
    n = min(settings.n_gene_sets, len(sets.sets.names))
    if not n or block.predictions.empty:
        return pd.DataFrame(columns=COLUMNS)
    sums, p = sets.sets.tested((sets.to_names.T @ block.contributions.T).T)
    q, top = false_discovery_control(p, axis=1), _largest(sums, n)
    rows, columns = np.repeat(np.arange(len(top)), n), top.ravel()
    table = (
        block.predictions[KEYS]
        .iloc[rows]
        .assign(
            part=GENE_SET,
            rank=np.tile(np.arange(1, n + 1), len(top)),
            table=None,
            name=sets.sets.names[columns],
            contribution=share * sums[rows, columns],
            q=q[rows, columns],
        )
    )
    return table.reindex(columns=COLUMNS)
