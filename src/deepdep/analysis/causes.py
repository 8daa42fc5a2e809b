"""Why a gene effect is predicted: parts that add up to the prediction, and lines as witnesses.

The prediction is told from that of an average sample, which has the lines' mean in every table that
the sample has. What is linear in the features parts exactly. A Gaussian kernel does not: its part
is spread by integrated gradients (Sundararajan, Taly and Yan 2017, ICML, "Axiomatic attribution for
deep networks") along the straight path from the average sample, which add up to the difference.
Networks have no part by feature here: what they say is one row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import ndtr
from scipy.stats import false_discovery_control, rankdata

from deepdep.analysis.associations import MANN_WHITNEY
from deepdep.analysis.neighbors import tables_of_samples
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import Fingerprints
from deepdep.models import TrainedPredictor
from deepdep.models.closed_form import ClosedForm, ClosedFormOfGenes, in_omic_units
from deepdep.models.kernel import LINEAGE, KernelPart, TableKernel, Tables, Weight

# Of Gauss and Legendre, on the path; the integrand is smooth, and 16 give 9 digits.
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
NODES, NODE_WEIGHTS = (NODES + 1) / 2, NODE_WEIGHTS / 2  # from [-1, 1] to [0, 1]

NETWORKS, SIMILAR_LINES, LABELS = "networks", "similar lines", "labels of genes alike"
MIN_FEATURES = 5  # of a gene set, to be tested
CAUSES = ["table", "feature", "difference", "by_profile", "by_feature", "contribution"]
_NO_FEATURE = pd.DataFrame(columns=CAUSES).astype({"contribution": float})


@dataclass(frozen=True)
class Causes:
    """What one prediction is made of, in gene effect.

    Attributes
    ----------
    predicted
        The gene effect: the sum of the baseline and all contributions.
    baseline
        What is predicted of a sample that is average in every table that this one has.
    features
        One row per feature that contributes, the largest first: ``table``; ``feature``;
        ``difference`` from the mean of the lines learned from, in the table's unit; ``by_profile``,
        through what lines like the sample need; ``by_feature``, through the weights that this gene
        gives single features; and ``contribution``, their sum.
    others
        What has no features: ``lineage``; ``networks``, all that they say beyond the gene's mean;
        ``similar lines``, of models whose kernel cannot be parted; and ``labels of genes alike``,
        where the sample is a line that was learned from and the gene was never screened.
    """

    sample: str
    gene: str
    predicted: float
    baseline: float
    features: pd.DataFrame
    others: pd.Series

    @property
    def by_part(self) -> pd.Series:
        """Sum of the contributions by table and of what has no features, the largest first."""
        sums = pd.concat([self.features.groupby("table")["contribution"].sum(), self.others])
        return sums.loc[_largest_first(sums)]

    def of_gene_sets(self, gene_sets: GeneSets) -> pd.DataFrame:
        """Sum the contributions of the features that are named as members of each gene set.

        A feature counts in each of its sets, so that these sums overlap. ``p`` is of the rank-sum
        test (Mann and Whitney, two-sided, normal approximation with ties): are contributions of the
        set's features lower, or higher, than those of all others? ``q`` corrects for the number of
        sets (Benjamini and Hochberg). It takes features for independent, which they are not: it
        orders sets, and is no proof.

        Returns
        -------
        Columns ``n_features``, ``contribution``, ``test``, ``n_tested`` (sets, all told), ``p``
        and ``q`` by gene set, the largest contribution first; of sets of ``MIN_FEATURES`` or more.
        """
        of_gene = self.features.groupby("feature")["contribution"].sum()
        sets = SetsOfFeatures.of(of_gene.index, gene_sets)
        sums, p = sets.tested(of_gene.to_numpy()[None])
        table = pd.DataFrame(
            {
                "n_features": sets.n_features,
                "contribution": sums[0],
                "test": MANN_WHITNEY,
                "n_tested": len(sets.names),
                "p": p[0],
                "q": false_discovery_control(p[0]) if len(p[0]) else p[0],
            },
            index=pd.Index(sets.names, name="gene_set"),
        )
        return table.loc[_largest_first(table["contribution"])]


@dataclass(frozen=True)
class SetsOfFeatures:
    """Gene sets that features are named as members of; ``member`` is (gene set, feature)."""

    names: np.ndarray
    member: csr_array

    @classmethod
    def of(cls, features: pd.Index, gene_sets: GeneSets) -> "SetsOfFeatures":
        """Look up the sets that ``MIN_FEATURES`` or more of the features are in, but not all."""
        found = Fingerprints.of_genes(list(features), gene_sets)
        member = csr_array(found.member.T.astype(float))
        n = np.asarray(member.sum(axis=1)).ravel()
        tested = np.flatnonzero((n >= MIN_FEATURES) & (n < len(features)))
        return cls(np.array(found.gene_sets, dtype=object)[tested], member[tested])

    @property
    def n_features(self) -> np.ndarray:
        """Of each set."""
        return np.asarray(self.member.sum(axis=1)).ravel().astype(int)

    def tested(self, contributions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return sums of contributions and p of the rank-sum test, both (row, gene set).

        Contributions have shape (row, feature); see ``Causes.of_gene_sets``.
        """
        n, n_all = self.n_features, contributions.shape[1]
        ranks = rankdata(contributions, axis=1) - (n_all + 1) / 2
        spread = (ranks**2).sum(axis=1) / max(n_all * (n_all - 1), 1)
        variance = np.outer(np.where(spread > 0, spread, np.inf), n * (n_all - n))
        p = 2 * ndtr(-np.abs((self.member @ ranks.T).T) / np.sqrt(variance))
        return (self.member @ contributions.T).T, p


@dataclass(frozen=True)
class CausesOfGene:
    """What the predictions of one gene are made of, in many samples.

    Attributes
    ----------
    baseline
        As of ``Causes``, by sample.
    differences, by_profile, by_feature
        Shape (sample, feature) by table, as of ``Causes``; a table has all features in the first.
    others
        What has no features, shape (sample, part).
    """

    gene: str
    baseline: pd.Series
    differences: Mapping[str, pd.DataFrame]
    by_profile: Mapping[str, pd.DataFrame]
    by_feature: Mapping[str, pd.DataFrame]
    others: pd.DataFrame

    @property
    def predicted(self) -> pd.Series:
        """The gene effect by sample: the sum of everything."""
        tables = [*self.by_profile.values(), *self.by_feature.values(), self.others]
        return sum((table.sum(axis=1) for table in tables), self.baseline)

    def of(self, sample: str) -> Causes:
        """Return what one prediction is made of."""
        features = pd.concat([self._rows(sample, t) for t in self.differences] or [_NO_FEATURE])
        features = features[features["contribution"] != 0].reset_index(drop=True)
        return Causes(
            sample,
            self.gene,
            float(self.predicted[sample]),
            float(self.baseline[sample]),
            features.loc[_largest_first(features["contribution"])].reset_index(drop=True),
            pd.Series(self.others.loc[sample], name="contribution"),
        )

    def _rows(self, sample: str, table: str) -> pd.DataFrame:
        rows = pd.DataFrame({"difference": self.differences[table].loc[sample]})
        for name, parts in (("by_profile", self.by_profile), ("by_feature", self.by_feature)):
            found = parts[table].loc[sample] if table in parts else pd.Series(dtype=float)
            rows[name] = found.reindex(rows.index).fillna(0.0)
        rows["contribution"] = rows["by_profile"] + rows["by_feature"]
        return rows.rename_axis("feature").reset_index().assign(table=table)[CAUSES]


def causes_of_gene(
    predictor: TrainedPredictor, samples: StandardizedSamples, gene: str
) -> CausesOfGene:
    """Part the predictions of a gene, screened or not, by features.

    Parameters
    ----------
    samples
        As the predictor standardises them. An omic that a sample lacks contributes nothing, but for
        the one that is filled: its features are estimates from the sample's other omics.
    """
    names, share = samples.names, predictor.network_share
    baseline, others = pd.Series(0.0, names), pd.DataFrame(index=names)
    found = CausesOfGene(gene, baseline, {}, {}, {}, others)
    prepared = predictor.prepare_genes([gene])
    if predictor.closed_form is not None and share < 1:
        tables = in_omic_units(samples, predictor.features)
        parted = _of_closed_form(predictor.closed_form, prepared.closed_form, tables, names, gene)
        found = _scaled(parted, 1 - share)
    if share > 0:
        mean = float(prepared.described["mean"].iloc[0])
        alone = replace(predictor, network_share=1.0).predict(samples, [gene]).effect[gene]
        beyond_mean = share * (alone.astype(float) - mean)
        others = found.others.assign(**{NETWORKS: beyond_mean})
        found = replace(found, baseline=found.baseline + share * mean, others=others)
    return found


def _of_closed_form(
    form: ClosedForm, of_gene: ClosedFormOfGenes, tables: Tables, names: pd.Index, gene: str
) -> CausesOfGene:
    blocks = list(form.compared(tables, list(names)))
    similarities = np.concatenate([alike for alike, _ in blocks])
    profiles = {name: pd.concat([full[name] for _, full in blocks]) for name in blocks[0][1]}
    baseline = pd.Series(float(of_gene.intercept[0]), names)
    others = pd.DataFrame(index=names)
    coefficients = pd.Series(of_gene.coefficients[:, 0], form.kernel.lines)
    by_profile: dict[str, pd.DataFrame] = {}
    if isinstance(form.kernel, KernelPart):
        there = tables_of_samples(form.kernel, tables, names)
        differences = {
            name: (profiles[name].astype(float) - kernel.mean).where(there[name], 0.0, axis=0)
            for name, kernel in form.kernel.kernels.tables.items()
        }
        for name, kernel in form.kernel.kernels.tables.items():
            weight = form.kernel.kernels.weights[name]
            if weight.weight:
                of_table = coefficients[kernel.profiles.index].to_numpy(float)
                of_average = at_average(kernel, weight, of_table)
                baseline += np.where(there[name], of_average, 0.0)
                path = PathToSamples.of(kernel, weight, differences[name].to_numpy(float))
                by_profile[name] = differences[name] * 0.0 + path.parts(of_table)
        if LINEAGE in by_profile:
            others[LINEAGE] = by_profile.pop(LINEAGE).sum(axis=1)
        differences.pop(LINEAGE, None)
    else:
        differences = {name: table.astype(float) for name, table in profiles.items()}
        others[SIMILAR_LINES] = similarities @ coefficients.to_numpy()
    by_feature = {}
    for part in (part for part in of_gene.single_features if len(part.features)):
        weights = pd.Series(part.weights.toarray()[0], part.features)
        x = profiles[part.omic][weights.index].astype(float)
        by_feature[part.omic] = differences[part.omic][weights.index] * weights
        baseline += x.mul(weights).sum(axis=1) - by_feature[part.omic].sum(axis=1)
    if len(of_gene.of_lines):
        others[LABELS] = of_gene.of_lines[gene].reindex(names).fillna(0.0)
    return CausesOfGene(gene, baseline, differences, by_profile, by_feature, others)


def at_average(kernel: TableKernel, weight: Weight, coefficients: np.ndarray) -> float:
    """Return what a table's kernel says of a sample that is average in it, in gene effect.

    ``coefficients`` are those of the kernel's lines; nothing comes of its linear part.
    """
    profile = pd.DataFrame(kernel.mean[None], columns=kernel.profiles.columns)
    _, gaussian = kernel.parts(profile)
    return float(weight.weight * (1 - weight.linear_share) * (gaussian @ coefficients)[0])


@dataclass(frozen=True)
class PathToSamples:
    """What parting a table's kernel by features needs of samples, whatever the gene.

    On the path from the average to a sample, the squared distance to a line is quadratic in the
    step, so that the integral of the Gaussian's gradient needs no more than two numbers per sample
    and line: that of the Gaussian along the path, and of the Gaussian times the step.

    Attributes
    ----------
    lines, to_samples
        Differences from the mean of the lines, shape (line, feature) and (sample, feature).
    along, ahead
        The integrals, shape (sample, line).
    """

    kernel: TableKernel
    weight: Weight
    lines: np.ndarray
    to_samples: np.ndarray
    along: np.ndarray
    ahead: np.ndarray

    @classmethod
    def of(cls, kernel: TableKernel, weight: Weight, to_samples: np.ndarray) -> "PathToSamples":
        """Integrate along the path to samples, given by their differences, (sample, feature)."""
        lines = (kernel.profiles.to_numpy(float) - kernel.mean).astype(to_samples.dtype)
        lengths = [np.einsum("rf,rf->r", rows, rows) for rows in (lines, to_samples)]
        products = to_samples @ lines.T
        along, ahead = np.zeros_like(products), np.zeros_like(products)
        for step, part in zip(NODES.tolist(), NODE_WEIGHTS.tolist(), strict=True):
            squared = lengths[0] - 2 * step * products + step**2 * lengths[1][:, None]
            gaussian = part * np.exp(-squared / kernel.distance)
            along += gaussian
            ahead += step * gaussian
        return cls(kernel, weight, lines, to_samples, along, ahead)

    def parts(self, coefficients: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Part what the kernel says of a gene beyond ``at_average``, shape (sample, feature).

        The linear kernel's part is the difference times the gene's dual coefficients times the
        lines' profiles.

        Parameters
        ----------
        coefficients
            Of the kernel's lines, for one gene.
        rows
            Positions of the samples.
        """
        to_samples = self.to_samples[rows]
        linear = to_samples * (coefficients @ self.lines) / self.kernel.scales[0]
        pulls = coefficients - coefficients.mean()  # centring takes a sample's mean over the lines
        towards = (self.along[rows] * pulls) @ self.lines
        towards -= to_samples * (self.ahead[rows] @ pulls)[:, None]
        gaussian = 2 / self.kernel.distance * to_samples * towards / self.kernel.scales[1]
        share = self.weight.linear_share
        return self.weight.weight * (share * linear + (1 - share) * gaussian)


def _scaled(causes: CausesOfGene, share: float) -> CausesOfGene:
    return replace(
        causes,
        baseline=causes.baseline * share,
        by_profile={name: parts * share for name, parts in causes.by_profile.items()},
        by_feature={name: parts * share for name, parts in causes.by_feature.items()},
        others=causes.others * share,
    )


def _largest_first(contributions: pd.Series) -> pd.Index:
    return contributions.abs().sort_values(ascending=False, kind="stable").index
