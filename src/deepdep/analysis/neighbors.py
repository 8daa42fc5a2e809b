"""Which cell lines a sample is most like, where the predictor compares them, and how far off."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.standardized import StandardizedSamples
from deepdep.models import TrainedPredictor
from deepdep.models.closed_form import in_omic_units
from deepdep.models.kernel import LINEAGE, KernelPart, Tables
from deepdep.models.predictor import BLOCK


@dataclass(frozen=True)
class Neighbors:
    """The lines of other patients that samples are most like, both (sample, rank), nearest first.

    ``lines`` holds names, None where there are no more lines; ``similarity`` is theirs, else NaN.
    """

    lines: pd.DataFrame
    similarity: pd.DataFrame

    @classmethod
    def of(
        cls, alike: pd.DataFrame, patient_of_sample: pd.Series, patient_of_line: pd.Series, n: int
    ) -> "Neighbors":
        """Find ``n`` lines for each sample of ``alike``, shape (sample, line)."""
        of_samples, of_lines = patient_of_sample[alike.index], patient_of_line[alike.columns]
        is_same = of_samples.to_numpy(str)[:, None] == of_lines.to_numpy(str)
        values = np.where(is_same, -np.inf, alike.to_numpy(float))
        order = np.argsort(-values, axis=1, kind="stable")[:, :n]
        nearest = np.take_along_axis(values, order, axis=1)
        there = np.isfinite(nearest)
        names = alike.columns.to_numpy(object)[order]
        names[~there] = None
        ranks = pd.RangeIndex(1, order.shape[1] + 1)
        return cls(
            pd.DataFrame(names, alike.index, ranks),
            pd.DataFrame(np.where(there, nearest, np.nan), alike.index, ranks),
        )

    @property
    def distance(self) -> pd.Series:
        """One minus the mean similarity of the lines, by sample: 0 is at their place."""
        return (1 - self.similarity.mean(axis=1)).rename("distance")


def rank_among(distance: pd.Series, of_lines: pd.Series) -> pd.Series:
    """Return which share of the lines lies as near to the others as a sample does, or nearer.

    Parameters
    ----------
    of_lines
        Distances of the lines learned from, each to lines of other patients: as if left out.
    """
    n_nearer = np.searchsorted(np.sort(of_lines.to_numpy()), distance.to_numpy(), side="right")
    return pd.Series(n_nearer / max(len(of_lines), 1), distance.index, name="distance_rank")


def similarities(
    predictor: TrainedPredictor, samples: StandardizedSamples, lines: StandardizedSamples
) -> pd.DataFrame:
    """Return the cosine between samples and lines, shape (sample, line), from -1 to 1.

    Where a closed form has a share in predictions, in the space of its kernel, to those of
    ``lines`` that it learned from: an omic that one of the two lacks makes them less alike. Else in
    the space of the network's codes, centred on the lines.
    """
    form = predictor.closed_form
    if form is None or not isinstance(form.kernel, KernelPart) or predictor.network_share == 1:
        codes, of_lines = predictor.embed(samples), predictor.embed(lines)
        units = [_unit(each - of_lines.mean(axis=0)) for each in (codes, of_lines)]
        return pd.DataFrame(units[0] @ units[1].T, samples.names, lines.names)
    kernel = form.kernel
    profiles = {name: of.profiles for name, of in kernel.kernels.tables.items()}
    length = np.sqrt(kernel.kernels.diagonal(profiles, kernel.lines).clip(0))
    rows = []
    for block in samples.blocks(BLOCK):
        tables = in_omic_units(block, predictor.features)
        for alike, full in form.compared(tables, list(block.names)):
            names = next(iter(full.values())).index
            there = tables_of_samples(kernel, tables, names)
            measured = {name: table.loc[there[name]] for name, table in full.items()}
            of_samples = np.sqrt(kernel.kernels.diagonal(measured, names).clip(0))
            product = np.outer(of_samples, length)
            cosine = np.divide(alike, product, out=np.zeros_like(product), where=product > 0)
            rows.append(pd.DataFrame(cosine.clip(-1, 1), names, kernel.lines))
    found = pd.concat(rows) if rows else pd.DataFrame(index=samples.names, columns=kernel.lines)
    return found[kernel.lines[kernel.lines.isin(lines.names)]]


def patients_of(obs: pd.DataFrame) -> pd.Series:
    """Return the patient of each sample; one of whom nothing is known is its own."""
    names = pd.Series(obs.index, obs.index, dtype=object)
    stated = obs["patient_id"] if "patient_id" in obs else pd.Series(None, obs.index, dtype=object)
    return stated.astype(object).fillna(names).astype(str)


def tables_of_samples(kernel: KernelPart, tables: Tables, names: pd.Index) -> pd.DataFrame:
    """Return which tables count in each sample, boolean: those it has, and the one that is filled.

    A lineage counts where lines that were learned from are of it.
    """
    there = {}
    for name in kernel.kernels.tables:
        table = tables.get(name, pd.DataFrame())
        if name == LINEAGE and name in tables:
            table = kernel.of_learned_lineage(table)
        there[name] = (name == kernel.filling.table) | names.isin(table.index)
    return pd.DataFrame(there, names)


def _unit(codes: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(codes, axis=1, keepdims=True)
    return codes / np.where(length > 0, length, 1)
