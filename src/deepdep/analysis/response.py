"""How predictions change when one feature of a sample does, by the structure of the model.

A feature moves each similarity of a sample to the lines by what follows from its distance, and adds
what single features say; everything else of a prediction stays. So nothing is predicted anew, and
the mean over samples needs one product per feature, however many samples there are.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from deepdep.analysis.alterations import Alterations
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples, fill_features
from deepdep.domain.cohort import Source
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.errors import DeepDEPError
from deepdep.models import TrainedPredictor
from deepdep.models.closed_form import ClosedForm, ClosedFormSettings, in_omic_units
from deepdep.models.kernel import KernelPart, squared_distances
from deepdep.training.cross_fit import ClosedFormData

Progress = Callable[[int, int], None]

# What DeepDEP calls (Chiu 2021, https://doi.org/10.1126/sciadv.abh1275).
DEEPDEP_FALL, DEEPDEP_SHARE = 0.05, 0.05  # of the effect; of all pairs


@dataclass(frozen=True)
class Response:
    """The closed form of a predictor, and samples whose features are set.

    What is filled where a sample lacks a table stays as it is.
    """

    predictor: TrainedPredictor
    closed_form: ClosedForm
    kernel: KernelPart
    source: Source
    genes: pd.Index
    profiles: dict[str, pd.DataFrame]  # of samples that have the table, complete, centred
    mean_effect: np.ndarray  # predicted, of each gene

    @classmethod
    def of(
        cls, predictor: TrainedPredictor, samples: StandardizedSamples, genes: list[str]
    ) -> "Response":
        """Look up what does not depend on features.

        Raises
        ------
        DeepDEPError
            Where the predictor has no closed form of today's kind, or a gene was never screened.
        """
        closed_form = predictor.closed_form
        if closed_form is None or not isinstance(closed_form.kernel, KernelPart):
            raise DeepDEPError(
                "screen: the model has no closed form of one kernel per table; train it anew with "
                "finetune.closed_form in params.yaml"
            )
        tables = in_omic_units(samples, predictor.features)
        kernel = closed_form.kernel
        lines = kernel.profiles
        found = {n: fill_features(table, lines[n]) for n, table in tables.items() if n in lines}
        _, complete = kernel.compare(found, samples.names)
        profiles = {name: complete[name].loc[table.index] for name, table in found.items()}
        effects = closed_form.effects(
            tables, list(samples.names), genes, predictor.gene_scale, predictor.gene_sets
        )
        sources = samples.obs.get("source")
        is_tumor = sources is not None and (sources == Source.TUMOR).all()
        source = Source.TUMOR if is_tumor else Source.CELL_LINE
        return cls(
            predictor,
            closed_form,
            kernel,
            source,
            pd.Index(genes),
            profiles,
            effects.mean(axis=0),
        )

    def mean_change(self, table: str, feature: str, *, present: float, absent: float) -> np.ndarray:
        """Return the mean over samples of effects with a feature set, minus with it unset; by gene.

        NaN where no sample has the table.

        Parameters
        ----------
        present, absent
            Values of the feature, in the unit of its table.
        """
        if table not in self.profiles or self.profiles[table].empty:
            return np.full(len(self.genes), np.nan)
        values = [self._in_model(table, feature, value) for value in (present, absent)]
        effect = (values[0] - values[1]) * self._weights_of_feature(table, feature)
        if not self.kernel.kernels.weights[table].weight:
            return effect
        similarity = self._similarity(table, feature, values)
        return effect + (similarity[0] - similarity[1]) @ self._coefficients

    def _in_model(self, table: str, feature: str, value: float) -> float:
        """Standardise a value, and give it the spread that it has in lines."""
        found = self.predictor.features[table].table.loc[feature]
        center, scale = found[f"center_{self.source}"], found[f"scale_{self.source}"]
        return float((value - center) / scale * found["scale_cell_line"])

    def _similarity(self, table: str, feature: str, values: list[float]) -> np.ndarray:
        """Return mean similarity to each line of samples with each value, but for a constant.

        A Gaussian of a distance is a product over features: one feature's part is taken out, and
        that of the value put in its place.
        """
        weight = self.kernel.kernels.weights[table]
        kernel = self.kernel.kernels.tables[table]
        place = kernel.profiles.columns.get_loc(feature)
        of_lines = kernel.profiles.to_numpy()[:, place]
        measured = self.profiles[table].to_numpy()[:, place]
        others = np.subtract.outer(measured, of_lines)
        np.exp(np.square(others, out=others) / np.float32(kernel.distance), out=others)
        others *= self._gaussian[table]
        mean = others.mean(axis=0, dtype=float)
        gaussian = mean * np.exp(-((np.array(values)[:, None] - of_lines) ** 2) / kernel.distance)
        gaussian -= gaussian.mean(axis=1, keepdims=True)
        linear = np.outer(values, of_lines - kernel.mean[place]) / kernel.scales[0]
        mixed = weight.linear_share * linear
        mixed += (1 - weight.linear_share) * gaussian / kernel.scales[1]
        found = np.zeros((len(values), len(self.kernel.lines)))
        found[:, self.kernel.lines.get_indexer(kernel.profiles.index)] = weight.weight * mixed
        return found

    @cached_property
    def _gaussian(self) -> dict[str, np.ndarray]:
        """Of samples and lines as they are, not centred, by table."""
        tables = self.kernel.kernels.tables
        return {
            name: np.exp(
                -squared_distances(samples.to_numpy(), tables[name].profiles.to_numpy())
                / tables[name].distance
            ).astype(np.float32)
            for name, samples in self.profiles.items()
        }

    @cached_property
    def _coefficients(self) -> np.ndarray:
        of_genes = self.closed_form.of_genes(
            list(self.genes), self.predictor.gene_scale, self.predictor.gene_sets
        )
        return of_genes.coefficients

    def _weights_of_feature(self, table: str, feature: str) -> np.ndarray:
        key = (table, feature)
        if key not in self._weights:
            return np.zeros(len(self.genes))
        return self._weights[key].reindex(self.genes).fillna(0).to_numpy()

    @cached_property
    def _weights(self) -> dict[tuple[str, str], pd.Series]:
        weights = self.closed_form.single_features.weights
        return {
            (str(table), str(feature)): of.groupby("gene")["weight"].sum()
            for (table, feature), of in weights.groupby(["omic", "feature"])
        }


def in_silico_changes(
    predictor: TrainedPredictor,
    samples: Mapping[str, StandardizedSamples],
    alterations: Mapping[str, Alterations],
    genes: list[str],
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Set and unset alterations in samples; average how predictions change.

    Parameters
    ----------
    samples
        By what they are, such as ``cell_lines``.

    Returns
    -------
    One row per alteration that the model reads and gene: ``alteration``, ``table``, ``gene``,
    ``in_silico_<samples>`` and ``is_deepdep_call``.
    """
    responses = {name: Response.of(predictor, of, genes) for name, of in samples.items()}
    jobs = list(_jobs(predictor, alterations))
    means = {name: np.zeros((len(jobs), len(genes)), np.float32) for name in responses}
    for row, (of_table, alteration) in enumerate(jobs):
        found = of_table.described
        table, feature = str(found["table"][alteration]), str(found["feature"][alteration])
        for name, response in responses.items():
            means[name][row] = response.mean_change(
                table, feature, present=float(found["value"][alteration]), absent=0.0
            )
        if progress is not None:
            progress(row + 1, len(jobs))
    first = next(iter(responses))
    falls = -means[first]
    typical = np.abs(responses[first].mean_effect)
    is_call = (falls >= DEEPDEP_FALL * typical) & (falls > 0)
    if falls.size:
        is_call &= falls >= np.quantile(falls, 1 - DEEPDEP_SHARE)
    return pd.DataFrame(
        {
            "alteration": np.repeat([alteration for _, alteration in jobs], len(genes)),
            "table": np.repeat([one.described.loc[a, "table"] for one, a in jobs], len(genes)),
            "gene": np.tile(genes, len(jobs)),
            **{f"in_silico_{name}": mean.ravel() for name, mean in means.items()},
            "is_deepdep_call": is_call.ravel(),
        }
    )


def permuted_changes(
    predictor: TrainedPredictor,
    prepared: Prepared,
    alterations: Mapping[str, Alterations],
    settings: ClosedFormSettings,
    *,
    n_fits: int,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> np.ndarray:
    """Return changes in cell lines by models to which alterations say nothing.

    In each, the tables that alterations are of are dealt anew among the lines of each lineage, and
    the closed form is fitted to that, tables counting as they do in the predictor.

    Parameters
    ----------
    prepared
        Every labelled line of it taught the predictor.
    settings
        By which the predictor's closed form was fitted.

    Returns
    -------
    Shape (fit, pair), pairs as ``in_silico_changes`` has them, of the genes of ``prepared``.
    """
    lines, genes = prepared.samples(prepared.cell_lines.index), list(prepared.genes)
    every, form = prepared.with_every_line(), Response.of(predictor, lines, genes).closed_form
    found = []
    for number in range(n_fits):
        dealt = _dealt(lines, alterations, rng)
        omics = {
            name: replace(every.omics[name], cell_lines=dealt.profiles[name])
            for name in predictor.features
        }
        taught = ClosedFormData.of(replace(every, omics=omics))
        fitted = replace(predictor, closed_form=form.refit(taught.tables, taught.labels, settings))
        changes = in_silico_changes(fitted, {"cell_lines": dealt}, alterations, genes)
        found.append(changes["in_silico_cell_lines"].to_numpy(np.float32))
        if progress is not None:
            progress(number + 1, n_fits)
    return np.stack(found) if found else np.empty((0, 0), np.float32)


def p_of_changes(observed: np.ndarray, permuted: np.ndarray, n_genes: int) -> np.ndarray:
    """Return two-sided p of changes: the share of permuted ones that are as far from 0.

    Of all pairs, each over what is typical of its alteration and then of its gene: the median size
    when permuted. What is mostly 0 has no size of its own.

    Parameters
    ----------
    observed
        By pair: all genes of an alteration, then of the next.
    permuted
        As ``permuted_changes`` returns them, shape (fit, pair).
    """
    observed, null = observed.reshape(-1, n_genes), permuted.reshape(len(permuted), -1, n_genes)
    size = np.abs(null)
    of_row = np.median(size, axis=(0, 2))[:, None]
    of_row = np.where(of_row > 0, of_row, size.mean() or 1.0)
    of_column = np.median(size / of_row, axis=(0, 1))
    typical = of_row * np.where(of_column > 0, of_column, 1.0)
    every = np.sort((size / typical).ravel())
    n_reached = len(every) - np.searchsorted(every, np.abs(observed / typical).astype(every.dtype))
    return ((1 + n_reached) / (1 + len(every))).ravel()


def _dealt(
    lines: StandardizedSamples, alterations: Mapping[str, Alterations], rng: np.random.Generator
) -> StandardizedSamples:
    """Deal the profiles of tables with alterations anew among the lines of each lineage."""
    profiles = dict(lines.profiles)
    for name in [name for name in profiles if name in alterations]:
        table = profiles[name]
        lineage = lines.obs["lineage"].reindex(table.index).fillna(UNKNOWN_LINEAGE)
        rows = np.arange(len(table))
        for members in lineage.reset_index(drop=True).groupby(lineage.to_numpy()).groups.values():
            rows[members] = rng.permutation(members)
        profiles[name] = pd.DataFrame(table.to_numpy()[rows], table.index, table.columns)
    return replace(lines, profiles=profiles)


def _jobs(
    predictor: TrainedPredictor, alterations: Mapping[str, Alterations]
) -> Iterator[tuple[Alterations, str]]:
    for name, of_table in alterations.items():
        if name in predictor.features:
            read = predictor.features[name].table.index
            for alteration in of_table.described.index:
                if of_table.described.loc[alteration, "feature"] in read:
                    yield of_table, alteration
