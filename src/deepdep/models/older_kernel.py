"""The kernel part of model folders up to format 4: it predicts, but is not fitted any more.

One Gaussian of the weighted mean of the omics' distances, every omic filled where a sample lacks
it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from deepdep.io.documents import read_indexed_csv, read_json, write_indexed_csv
from deepdep.io.tensors import LabelledMatrix
from deepdep.models.kernel import COEFFICIENTS, KERNEL, LINES, PROFILES, Tables, squared_distances


@dataclass(frozen=True)
class OlderKernel:
    """Kernel ridge on cell lines, every gene at once.

    Attributes
    ----------
    profiles
        Centred, in the omic's own unit, shape (line, feature), every line in every table.
    measured
        Which lines truly have the omic, boolean by line; the others were filled.
    weights
        Of each omic in the mean distance; an omic of weight 0 is not looked at.
    width
        Of the Gaussian; 0 is its limit, whose centred form is the product of the profiles.
    mean_distance
        Mean squared distance between lines, by omic.
    column_means
        Of the kernel between lines, by line: what centring takes away.
    coefficients, intercept
        As of ``KernelPart``.
    """

    profiles: Mapping[str, pd.DataFrame]
    measured: Mapping[str, pd.Series]
    fill_penalty: float
    weights: Mapping[str, float]
    width: float
    mean_distance: Mapping[str, float]
    column_means: pd.Series
    coefficients: pd.DataFrame
    intercept: pd.Series

    @property
    def lines(self) -> pd.Index:
        """The lines that samples are compared with."""
        return self.coefficients.index

    def compare(
        self, tables: Tables, samples: pd.Index
    ) -> tuple[np.ndarray, dict[str, pd.DataFrame]]:
        """Return similarities (sample, line) and complete profiles, as ``KernelPart`` does."""
        read = {name: table for name, table in tables.items() if name in self.profiles}
        full = self._complete(read, samples)
        used = {omic: weight for omic, weight in self.weights.items() if weight}
        distance = np.add.reduce(
            [
                squared_distances(full[omic].to_numpy(), self.profiles[omic].to_numpy())
                / self.mean_distance[omic]
                * (weight / sum(used.values()))
                for omic, weight in used.items()
            ]
        )
        kernel = np.exp(-self.width * distance) if self.width else -distance
        return kernel - self.column_means.to_numpy(), full

    def _complete(self, tables: Tables, samples: pd.Index) -> dict[str, pd.DataFrame]:
        has = pd.DataFrame({name: samples.isin(of.index) for name, of in tables.items()}, samples)
        full = {}
        for omic, profiles in self.profiles.items():
            values = pd.DataFrame(0.0, samples, profiles.columns, dtype=np.float32)
            if omic in tables:
                measured = samples[has[omic]]
                values.loc[measured] = tables[omic].loc[measured].fillna(0).to_numpy(np.float32)
            full[omic] = values
        for present, alike in has.groupby(list(tables)) if tables else ():
            given = [omic for omic, is_there in zip(tables, present, strict=True) if is_there]
            for omic in self.profiles if given else ():
                if omic not in given:
                    of_others = {other: tables[other].loc[alike.index] for other in given}
                    full[omic].loc[alike.index] = self._fill(omic, of_others)
        return full

    def _fill(self, omic: str, present: Tables) -> np.ndarray:
        """Predict an omic by kernel ridge from others, over the lines that have all of them."""
        has_all = pd.concat([self.measured[o] for o in (omic, *present)], axis=1).all(axis=1)
        lines = has_all.index[has_all]
        n_samples = len(next(iter(present.values())))
        if lines.empty:
            return np.zeros((n_samples, self.profiles[omic].shape[1]), np.float32)
        between, within = np.zeros((n_samples, len(lines))), np.zeros((len(lines), len(lines)))
        for other, table in present.items():
            of_lines = self.profiles[other].loc[lines].to_numpy()
            products = of_lines @ of_lines.T
            length = np.trace(products) / len(lines) or 1.0
            within += products / length
            between += table.fillna(0).to_numpy(np.float32) @ of_lines.T / length
        penalty = self.fill_penalty * np.trace(within) / len(lines)
        weights = np.linalg.solve(within + penalty * np.eye(len(lines)), between.T).T
        return (weights @ self.profiles[omic].loc[lines].to_numpy()).astype(np.float32)

    def write(self, folder: Path) -> None:
        """Write into a folder that is being made."""
        text = {
            "weights": self.weights,
            "width": self.width,
            "mean_distance": self.mean_distance,
            "fill_penalty": self.fill_penalty,
        }
        (folder / KERNEL).write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
        for omic, profiles in self.profiles.items():
            LabelledMatrix(profiles).write(folder / PROFILES.format(omic))
        measured = {omic: of.astype(int) for omic, of in self.measured.items()}
        lines = pd.DataFrame({"column_mean": self.column_means, **measured})
        write_indexed_csv(lines, folder / LINES, "cell_line")
        intercept = pd.DataFrame({"intercept": self.intercept})
        LabelledMatrix(self.coefficients, intercept).write(folder / COEFFICIENTS)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it from a model's folder; the manifest was checked before."""
        text, lines = read_json(folder / KERNEL), read_indexed_csv(folder / LINES)
        coefficients = LabelledMatrix.read(folder / COEFFICIENTS)
        omics = list(text["weights"])
        return cls(
            profiles={o: LabelledMatrix.read(folder / PROFILES.format(o)).values for o in omics},
            measured={omic: lines[omic].astype(bool) for omic in omics},
            fill_penalty=text["fill_penalty"],
            weights=text["weights"],
            width=text["width"],
            mean_distance=text["mean_distance"],
            column_means=lines["column_mean"],
            coefficients=coefficients.values,
            intercept=coefficients.of_columns["intercept"].astype(np.float64),
        )
