"""A few samples kept beside a model with its answers, to see whether it answers so again.

As a program, ``python -m deepdep.registry.answers MODEL REFERENCE`` prints by how much the answers
of a fresh process deviate.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import deepdep
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import in_order
from deepdep.errors import DeepDEPError
from deepdep.io.manifest import model_kind
from deepdep.io.matrices import read_matrix, write_matrix

N_LINES = 5  # enough to tell two models apart, few enough to be stored with every version
ANSWERS = "answers.h5ad"
ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")  # what a process needs to start at all


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

    profiles: Mapping[str, pd.DataFrame]
    answers: pd.DataFrame

    @classmethod
    def from_predictor(
        cls, model: Path, cell_lines: Mapping[str, pd.DataFrame], wanted: pd.DataFrame
    ) -> "Reference":
        """Keep the profiles of the first lines that ``wanted`` names, and ask for its genes."""
        wanted = wanted.iloc[:N_LINES]
        profiles = {omic: t.loc[t.index.isin(wanted.index)] for omic, t in cell_lines.items()}
        profiles = {omic: table for omic, table in profiles.items() if len(table)}
        return cls(profiles, ask_model(model, profiles, wanted))

    @classmethod
    def from_encoder(cls, model: Path, omic: str, cell_lines: pd.DataFrame) -> "Reference":
        """Keep the first lines of an encoder's omic, and ask the encoder."""
        profiles = {omic: cell_lines.iloc[:N_LINES]}
        wanted = pd.DataFrame(index=profiles[omic].index)
        return cls(profiles, ask_model(model, profiles, wanted))

    def deviation(self, model: Path) -> float:
        """Return the largest absolute difference between a model's answers and those kept."""
        again = ask_model(model, self.profiles, self.answers)
        again = again.loc[self.answers.index, self.answers.columns]
        difference = np.abs(again.to_numpy() - self.answers.to_numpy())
        return float(difference.max())  # NaN where an answer is NaN

    def write(self, folder: Path) -> None:
        """Write a folder of matrices."""
        folder.mkdir()
        write_matrix(self.answers, folder / ANSWERS)
        for omic, table in self.profiles.items():
            write_matrix(table, folder / f"{omic}.h5ad")

    @classmethod
    def read(cls, folder: Path) -> "Reference":
        """Read what ``write`` wrote."""
        files = {file.stem: file for file in folder.glob("*.h5ad") if file.name != ANSWERS}
        profiles = {omic: read_matrix(files[omic]) for omic in in_order(files)}
        return cls(profiles, read_matrix(folder / ANSWERS))


def ask_model(
    model: Path, profiles: Mapping[str, pd.DataFrame], wanted: pd.DataFrame
) -> pd.DataFrame:
    """Ask a model folder for the lines, and of a predictor the genes, that ``wanted`` names."""
    from deepdep.models import load_encoder, load_predictor  # TensorFlow, when needed

    if model_kind(model) == "predictor":
        samples = StandardizedSamples.named(profiles, wanted.index)
        return load_predictor(model).predict(samples, list(wanted.columns)).effect
    (profile,) = profiles.values()
    codes = load_encoder(model).encoder.predict_on_batch(profile.fillna(0).to_numpy(np.float32))
    return pd.DataFrame(codes, index=profile.index).rename(columns=str)


def deviation_in_fresh_process(model: Path, reference: Path) -> float:
    """Have a new Python load a model and answer again.

    Returns
    -------
    The largest absolute difference from the stored answers.

    Raises
    ------
    DeepDEPError
        When it cannot be loaded, with the last line that the process printed.
    """
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    environment["PYTHONPATH"] = str(Path(deepdep.__file__).parents[1])
    arguments = [str(model.resolve()), str(reference.resolve())]
    done = subprocess.run(
        [sys.executable, "-m", "deepdep.registry.answers", *arguments],
        cwd=reference,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason was printed"]
        raise DeepDEPError(f"it does not load: {lines[-1]}")
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    model, stored = map(Path, sys.argv[1:])
    print(Reference.read(stored).deviation(model))  # noqa: T201
