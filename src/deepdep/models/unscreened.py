"""Genes that were never screened: what stands for their coefficients, from genes like them.

Alike are genes that share gene sets, a small set more than a large one, and genes whose values in a
table of features go together over cell lines. Beside that counts what a gene's feature says of the
gene itself, and what those of its paralogs say, on average over the genes that were screened. In a
line that was learned from, the labels of genes alike say more than its profile does.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import solve
from scipy.sparse import csr_array

from deepdep.data.gene_groups import gene_groups, paralogs_of
from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import Fingerprints
from deepdep.io.documents import read_json
from deepdep.io.tensors import LabelledMatrix
from deepdep.models.gene_scale import MIN_SD
from deepdep.models.kernel import inverse_of

Profiles = Mapping[str, pd.DataFrame]  # (line, feature) by table, none missing

MAX_GENES = 2000  # to learn from, those that vary most: further ones hardly help and take long
N_FOLDS = 5  # of the genes; some that tell of each other are in one
PENALTIES = (1.0, 3.0, 10.0, 30.0)  # of ridge over genes; 1 is the mean of the kernel's diagonal
TABLE_WEIGHTS = (0.1, 0.3)  # of a gene's correlation in a table, where gene sets have 1
MIN_GAIN = 0.001  # in mean per-gene r, for a table to count
WEIGHTS = ["gene", "omic", "feature", "weight"]  # columns, as of ``SingleFeatures.weights``
# Files of a model's folder.
CHOICES = "unscreened.json"
BY_GENE, OF_LINES = "unscreened_by_gene", "unscreened_of_lines"
BY_GENE_SET = "kernel_by_gene_set"  # all that earlier versions wrote


@dataclass(frozen=True)
class UnscreenedOfGenes:
    """Some genes' part.

    Attributes
    ----------
    coefficients
        Of the kernel part, shape (line, gene).
    single_features
        Rows as of ``SingleFeatures.weights``.
    of_lines
        What is added in lines that were learned from, (line, gene).
    """

    coefficients: np.ndarray
    single_features: pd.DataFrame
    of_lines: pd.DataFrame


@dataclass(frozen=True)
class UnscreenedGenes:
    """Kernel ridge over genes, of the screened genes' coefficients in SD of the gene.

    Attributes
    ----------
    by_gene
        Shape (screened gene, line): an unscreened gene's coefficients are its similarities to the
        screened genes times these.
    set_weight, table_weights
        What sharing gene sets counts, and correlating in a table.
    slopes
        Effect in SD of the gene per SD of a feature: columns ``table``, ``of`` (``gene`` or
        ``paralogs``) and ``slope``.
    of_lines
        As ``by_gene``, for what labels of lines that were learned from hold beyond the fit.
    by_gene_set
        Shape (gene set, line): all that models of earlier versions have; None otherwise.
    """

    by_gene: pd.DataFrame
    set_weight: float
    table_weights: Mapping[str, float]
    slopes: pd.DataFrame
    of_lines: pd.DataFrame
    by_gene_set: pd.DataFrame | None = None

    @classmethod
    def fit(
        cls,
        coefficients: pd.DataFrame,
        in_sample: pd.DataFrame,
        out_of_fold: pd.DataFrame,
        effect: pd.DataFrame,
        profiles: Profiles,
        gene_sets: GeneSets,
    ) -> "UnscreenedGenes":
        """Choose by genes left out, predicted of patients left out, then fit to all genes.

        Parameters
        ----------
        coefficients
            Of the screened genes, shape (line, gene).
        in_sample, out_of_fold, effect
            Effects as fitted, predicted of patients left out, and measured, shape (line, gene).
        profiles
            Of lines, some or all of them those of ``effect``.
        """
        sd = effect.std().fillna(0).clip(lower=MIN_SD)
        genes = sd.index[np.sort(np.argsort(-sd.to_numpy(), kind="stable")[:MAX_GENES])]
        lines = out_of_fold.dropna(how="all").index
        mean, of_genes = effect[genes].mean(), sd[genes]
        measured, predicted, fitted = (
            ((each.loc[lines, genes] - mean) / of_genes).fillna(0).to_numpy().T
            for each in (effect, out_of_fold, in_sample)
        )
        missed = ((effect - in_sample).loc[lines, genes] / of_genes).fillna(0).to_numpy().T
        likeness = Likeness(genes, gene_sets, profiles)
        sets = likeness.by_gene_sets(genes)
        set_weight = 1 / (sets.diagonal().mean() or 1.0)
        search = _Search(likeness, measured, predicted)
        kernel, table_weights = search.best(set_weight * sets)
        features = dict(likeness.features(genes, lines))
        parts = np.stack([search.left_out(kernel, predicted), *features.values()])
        strength, *slopes = _least_squares(parts, measured)
        parts[0], strength = search.left_out(kernel, fitted), max(strength, 0)
        rest = measured - np.tensordot([strength, *slopes], parts, 1)
        (of_missed,) = _least_squares(search.left_out(kernel, missed)[None], rest)
        target = np.hstack([(coefficients[genes] / of_genes).to_numpy(float).T, missed])
        solved = solve(kernel, target, assume_a="pos").astype(np.float32)
        n_fitted = len(coefficients)
        rows = [(*which, slope) for which, slope in zip(features, slopes, strict=True)]
        return cls(
            pd.DataFrame(strength * solved[:, :n_fitted], genes, coefficients.index),
            float(set_weight),
            table_weights,
            pd.DataFrame(rows, columns=["table", "of", "slope"]).astype({"slope": float}),
            pd.DataFrame(max(of_missed, 0) * solved[:, n_fitted:], genes, lines),
        )

    @classmethod
    def untaught(cls) -> "UnscreenedGenes":
        """Return what says nothing of any gene."""
        slopes = pd.DataFrame(columns=["table", "of", "slope"])
        return cls(pd.DataFrame(), 0.0, {}, slopes, pd.DataFrame())

    def of_genes(self, sd: pd.Series, profiles: Profiles, gene_sets: GeneSets) -> UnscreenedOfGenes:
        """Estimate what screened genes have from labels, of the genes that ``sd`` is given of.

        Nothing is told of a gene that is in no gene set.

        Parameters
        ----------
        sd
            Of each gene's effect, estimated.
        profiles
            As ``fit`` had them.
        """
        if self.by_gene_set is not None:
            member = Fingerprints.of_genes(list(sd.index), gene_sets)
            suggested = member.member @ self.by_gene_set.loc[member.gene_sets].to_numpy()
            none = pd.DataFrame(index=pd.Index([], dtype=object), columns=sd.index, dtype=float)
            rows = pd.DataFrame(columns=WEIGHTS)
            return UnscreenedOfGenes(suggested.T * sd.to_numpy(), rows, none)
        likeness = Likeness(self.by_gene.index, gene_sets, profiles)
        alike = self.set_weight * likeness.by_gene_sets(sd.index)
        for table, weight in self.table_weights.items():
            alike += weight * likeness.by_table(table, sd.index)
        in_no_set = Fingerprints.of_genes(list(sd.index), gene_sets).n_gene_sets.to_numpy() == 0
        alike[in_no_set] = 0
        coefficients, of_lines = (
            (alike @ each.to_numpy(float)).T * sd.to_numpy()
            for each in (self.by_gene, self.of_lines)
        )
        return UnscreenedOfGenes(
            coefficients,
            self._single_features(sd[~in_no_set], likeness),
            pd.DataFrame(of_lines, self.of_lines.columns, sd.index),
        )

    def _single_features(self, sd: pd.Series, likeness: "Likeness") -> pd.DataFrame:
        """Spread the slopes over the features of these genes, in effect per unit of a feature."""
        rows = []
        for table, of, slope in self.slopes.itertuples(index=False):
            found = likeness.features_of(table, of, sd.index)
            names = sorted({name for features in found.values() for name in features})
            per_unit = (slope / likeness.spread(table, pd.Index(names))).to_dict()
            for gene, features in found.items():
                share = sd[gene] / len(features)
                rows += [(gene, table, name, share * per_unit[name]) for name in features]
        return pd.DataFrame(rows, columns=WEIGHTS)

    def basis(self, genes: pd.Index, profiles: Profiles, gene_sets: GeneSets) -> str:
        """Say what predictions of these genes rest on, after "predicted by"."""
        likeness = Likeness(genes[:0], gene_sets, profiles)
        basis = ["gene sets", *(f"correlation of {table}" for table in self.table_weights)]
        for of, words in (("gene", "features of the gene"), ("paralogs", "features of paralogs")):
            tables = self.slopes["table"][self.slopes["of"] == of] if len(self.slopes) else ()
            found = {gene for table in tables for gene in likeness.features_of(table, of, genes)}
            basis += [f"{words} ({len(found)} of {len(genes)})"] if found else []
        return ", ".join(basis) if len(basis) > 1 else "gene sets alone"

    def write(self, folder: Path) -> None:
        """Write into a folder that is being made."""
        if self.by_gene_set is not None:
            LabelledMatrix(self.by_gene_set).write(folder / BY_GENE_SET)
            return
        text = {
            "set_weight": self.set_weight,
            "table_weights": dict(self.table_weights),
            "slopes": self.slopes.to_dict("records"),
        }
        (folder / CHOICES).write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
        LabelledMatrix(self.by_gene).write(folder / BY_GENE)
        LabelledMatrix(self.of_lines).write(folder / OF_LINES)

    @classmethod
    def read(cls, folder: Path) -> "UnscreenedGenes":
        """Read what ``write`` wrote, or what earlier versions did."""
        if not (folder / CHOICES).exists():
            by_gene_set = LabelledMatrix.read(folder / BY_GENE_SET).values
            none = pd.DataFrame()
            return cls(none, 0.0, {}, none, none, by_gene_set)
        text = read_json(folder / CHOICES)
        slopes = pd.DataFrame(text["slopes"], columns=["table", "of", "slope"])
        return cls(
            LabelledMatrix.read(folder / BY_GENE).values,
            text["set_weight"],
            text["table_weights"],
            slopes,
            LabelledMatrix.read(folder / OF_LINES).values,
        )


@dataclass(frozen=True)
class Likeness:
    """How alike any genes are to ``screened``, and which features are theirs."""

    screened: pd.Index
    gene_sets: GeneSets
    profiles: Profiles

    def by_gene_sets(self, genes: pd.Index) -> np.ndarray:
        """Sum over the sets that two genes share, one by the set's size; (gene, screened gene)."""
        of_genes, of_screened = (
            Fingerprints.of_genes(list(names), self.gene_sets).weighted(self.gene_sets)
            for names in (genes, self.screened)
        )
        return (of_genes @ of_screened.T).toarray()

    def by_table(self, table: str, genes: pd.Index) -> np.ndarray:
        """Correlate genes over lines, (gene, screened gene); 0 where a gene is no feature."""
        columns = self.profiles[table].columns
        alike = np.zeros((len(genes), len(self.screened)))
        rows, of_screened = (np.flatnonzero(n.isin(columns)) for n in (genes, self.screened))
        z = self.z(table, genes[rows]).to_numpy(float).T @ self.z(table, self.screened[of_screened])
        alike[np.ix_(rows, of_screened)] = z / max(len(self.profiles[table]), 1)
        return alike

    def features(
        self, genes: pd.Index, lines: pd.Index
    ) -> Iterator[tuple[tuple[str, str], np.ndarray]]:
        """Yield what tables hold of genes, and of their paralogs on average, in SD, (gene, line).

        Each by table and ``gene`` or ``paralogs``; tables that have nothing of these genes are left
        out. A line that lacks a table counts as average.
        """
        for table in self.profiles:
            for of in ("gene", "paralogs"):
                if found := self.features_of(table, of, genes):
                    names = sorted({name for features in found.values() for name in features})
                    z = self.z(table, pd.Index(names)).reindex(lines).fillna(0)
                    shares = _shares(found, genes, pd.Index(names))
                    yield (table, of), shares @ z.to_numpy(float).T

    def features_of(self, table: str, of: str, genes: pd.Index) -> dict[str, list[str]]:
        """Name the features that are a gene's, or its paralogs', by gene; of others nothing."""
        if of == "gene":
            return {gene: [gene] for gene in genes[genes.isin(self.profiles[table].columns)]}
        return paralogs_of(genes, self.profiles[table].columns)

    def spread(self, table: str, features: pd.Index) -> pd.Series:
        """SD of features over lines; infinite where a feature does not vary and tells nothing."""
        return self.profiles[table][features].astype(float).std(ddof=0).replace(0, np.inf)

    def z(self, table: str, features: pd.Index) -> pd.DataFrame:
        """Return features standardised over lines, (line, feature)."""
        values = self.profiles[table][features].astype(float)
        return (values - values.mean()) / self.spread(table, features)


def _shares(found: Mapping[str, list[str]], genes: pd.Index, features: pd.Index) -> csr_array:
    """Return what averages each gene's features, shape (gene, feature)."""
    n_features = np.array([len(of_gene) for of_gene in found.values()])
    rows = np.repeat(genes.get_indexer(pd.Index(found)), n_features)
    names = pd.Index([name for of_gene in found.values() for name in of_gene])
    shares = np.repeat(1 / n_features, n_features)
    places = (rows, features.get_indexer(names))
    return csr_array((shares, places), shape=(len(genes), len(features)))


def _least_squares(parts: np.ndarray, measured: np.ndarray) -> list[float]:
    """Return the weight of each part, shape (part, gene, line), in their sum."""
    columns = parts.reshape(len(parts), -1)
    products = columns @ columns.T, columns @ measured.ravel()
    return [float(weight) for weight in np.linalg.lstsq(*products, rcond=None)[0]]


class _Search:
    """Tries kernels on genes left out: mean r, over genes, with what was measured.

    ``measured`` and ``predicted`` have shape (gene, line).
    """

    def __init__(self, likeness: Likeness, measured: np.ndarray, predicted: np.ndarray) -> None:
        from sklearn.model_selection import GroupKFold  # here: it takes a while to load

        self._likeness = likeness
        self._measured, self._predicted = measured, predicted
        group = gene_groups(likeness.screened, likeness.gene_sets)[likeness.screened]
        n_folds = min(N_FOLDS, group.nunique())
        folds = GroupKFold(n_folds).split(group, groups=group) if n_folds > 1 else ()
        self.folds = [held_out for _, held_out in folds]

    def best(self, sets: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
        """Choose a penalty, then the tables that help, each with its weight, then a penalty.

        Returns
        -------
        The kernel with the penalty on its diagonal, and the weights of the tables.
        """
        kernel, weights = sets, {}
        penalty, r = self._best_penalty(kernel)
        for table in self._likeness.profiles:
            alike = self._likeness.by_table(table, self._likeness.screened)
            if not alike.any():
                continue
            tried = {weight: self._r(kernel + weight * alike, penalty) for weight in TABLE_WEIGHTS}
            weight = max(tried, key=tried.__getitem__)
            if tried[weight] > r + MIN_GAIN:
                kernel, weights[table], r = kernel + weight * alike, weight, tried[weight]
        penalty, _ = self._best_penalty(kernel)
        return kernel + penalty * np.eye(len(kernel)), weights

    def left_out(self, kernel: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Predict each fold of genes from the others, by the inverse of the whole kernel.

        Parameters
        ----------
        kernel
            With a penalty on its diagonal.
        target
            Shape (gene, line), as is what is returned.
        """
        inverse = inverse_of(kernel)
        solved = inverse @ target
        left_out = np.zeros_like(target)
        for fold in self.folds:
            within = np.linalg.solve(inverse[np.ix_(fold, fold)], solved[fold])
            left_out[fold] = target[fold] - within
        return left_out

    def _best_penalty(self, kernel: np.ndarray) -> tuple[float, float]:
        tried = {penalty: self._r(kernel, penalty) for penalty in PENALTIES}
        best = max(tried, key=tried.__getitem__)
        return best, tried[best]

    def _r(self, kernel: np.ndarray, penalty: float) -> float:
        left_out = self.left_out(kernel + penalty * np.eye(len(kernel)), self._predicted)
        a, b = (each - each.mean(axis=1, keepdims=True) for each in (self._measured, left_out))
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        r = np.divide((a * b).sum(axis=1), lengths, out=np.zeros(len(a)), where=lengths > 1e-9)
        return round(float(r.mean()), 6)  # so that the order of a sum decides nothing
