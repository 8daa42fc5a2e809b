"""A few samples kept beside a model with what it said of them, to ask it again.

As a program, ``python -m deepdep.registry.answers MODEL REFERENCE`` prints the answer of a
fresh process.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.io.manifest import model_kind
from deepdep.io.matrices import read_matrix, write_matrix

N_LINES = 5  # enough to tell two models apart, few enough to be stored with every version
ANSWERS = "answers.h5ad"


@dataclass(frozen=True)
class Reference:
    """Standardised profiles of a few cell lines, and a model's answers.

    Attributes
    ----------
    profiles
        Tables (cell line, feature); a line that lacks an omic is no row of it.
    answers
        Gene effects (cell line, gene) of a predictor, codes (cell line, number) of an encoder.
    """

    profiles: Mapping[Omic, pd.DataFrame]
    answers: pd.DataFrame


def predictor_reference(
    cell_lines: Mapping[Omic, pd.DataFrame], predicted: pd.DataFrame
) -> Reference:
    """Keep the first lines of a table of predictions, with their profiles."""
    answers = predicted.iloc[:N_LINES]
    profiles = {omic: t.loc[t.index.isin(answers.index)] for omic, t in cell_lines.items()}
    return Reference({omic: t for omic, t in profiles.items() if len(t)}, answers)


def encoder_reference(model: Path, omic: Omic, cell_lines: pd.DataFrame) -> Reference:
    """Keep the first lines of an encoder's omic, and ask the encoder."""
    profiles = {omic: cell_lines.iloc[:N_LINES]}
    return Reference(
        profiles, answers_of(model, profiles, pd.DataFrame(index=profiles[omic].index))
    )


def answers_of(
    model: Path, profiles: Mapping[Omic, pd.DataFrame], wanted: pd.DataFrame
) -> pd.DataFrame:
    """Ask a model folder for the lines, and of a predictor the genes, that ``wanted`` names."""
    from deepdep.models import load_encoder, load_predictor  # TensorFlow, when needed

    if model_kind(model) == "predictor":
        samples = StandardizedSamples.named(profiles, wanted.index)
        return load_predictor(model).predict(samples, list(wanted.columns)).effect
    (profile,) = profiles.values()
    codes = load_encoder(model).encoder.predict_on_batch(profile.fillna(0).to_numpy(np.float32))
    return pd.DataFrame(codes, index=profile.index).rename(columns=str)


def deviation(model: Path, reference: Reference) -> float:
    """Return the largest absolute difference between a model's answers and those kept."""
    kept = reference.answers
    again = answers_of(model, reference.profiles, kept).loc[kept.index, kept.columns]
    return float(np.abs(again.to_numpy() - kept.to_numpy()).max())  # NaN where an answer is NaN


def write_reference(reference: Reference, folder: Path) -> None:
    """Write a folder of matrices."""
    folder.mkdir()
    write_matrix(reference.answers, folder / ANSWERS)
    for omic, table in reference.profiles.items():
        write_matrix(table, folder / f"{omic}.h5ad")


def read_reference(folder: Path) -> Reference:
    """Read what ``write_reference`` wrote."""
    files = {omic: folder / f"{omic}.h5ad" for omic in Omic}
    profiles = {omic: read_matrix(file) for omic, file in files.items() if file.exists()}
    return Reference(profiles, read_matrix(folder / ANSWERS))


if __name__ == "__main__":
    model, kept = map(Path, sys.argv[1:])
    print(deviation(model, read_reference(kept)))  # noqa: T201
