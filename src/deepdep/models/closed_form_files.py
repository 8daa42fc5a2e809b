"""A closed form as files of a model's folder."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.io.labelled_csv import csv_text, read_csv, read_labelled_csv, write_labelled_csv
from deepdep.io.mappings import read_json
from deepdep.io.matrices import (
    read_anndata,
    read_matrix,
    to_anndata,
    to_frame,
    write_anndata,
    write_matrix,
)
from deepdep.models.closed_form import ClosedForm
from deepdep.models.kernel import KernelPart
from deepdep.models.kernel.profiles import Reference
from deepdep.models.single_features import SingleFeatures

KERNEL = "kernel.json"
COEFFICIENTS = "kernel_coefficients.h5ad"
BY_GENE_SET = "kernel_by_gene_set.h5ad"
LINES = "kernel_lines.csv"
SINGLE_FEATURES = "single_features.csv"
NAME = "name"  # of a feature: a column that is read as text


def has_closed_form(folder: Path) -> bool:
    """Tell whether a model has anything beside its networks."""
    return (folder / KERNEL).exists()


def write_closed_form(closed_form: ClosedForm, folder: Path) -> None:
    """Write into a folder that is being made."""
    kernel = closed_form.kernel
    text = {
        "weights": {str(omic): weight for omic, weight in kernel.weights.items()},
        "width": kernel.width,
        "mean_distance": {str(omic): of for omic, of in kernel.mean_distance.items()},
        "fill_penalty": kernel.reference.fill_penalty,
    }
    (folder / KERNEL).write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    for omic, profiles in kernel.reference.profiles.items():
        write_matrix(profiles, folder / _profiles_of(omic))
    measured = {str(omic): of.astype(int) for omic, of in kernel.reference.measured.items()}
    lines = pd.DataFrame({"column_mean": kernel.column_means, **measured})
    write_labelled_csv(lines, folder / LINES, "cell_line")
    matrix = to_anndata(kernel.coefficients)
    matrix.var = pd.DataFrame({"intercept": kernel.intercept}).loc[matrix.var_names]
    write_anndata(matrix, folder / COEFFICIENTS)
    write_matrix(closed_form.by_gene_set, folder / BY_GENE_SET)
    weights = closed_form.single_features.weights.rename(columns={"feature": NAME})
    (folder / SINGLE_FEATURES).write_text(csv_text(weights), encoding="utf-8")


def read_closed_form(folder: Path, omics: Sequence[Omic]) -> ClosedForm:
    """Read what ``write_closed_form`` wrote; the folder's manifest was checked before."""
    text = read_json(folder / KERNEL)
    lines = read_labelled_csv(folder / LINES)
    reference = Reference(
        {omic: read_matrix(folder / _profiles_of(omic)) for omic in omics},
        {omic: lines[str(omic)].astype(bool) for omic in omics},
        text["fill_penalty"],
    )
    coefficients = read_anndata(folder / COEFFICIENTS)
    kernel = KernelPart(
        reference=reference,
        weights={Omic(omic): weight for omic, weight in text["weights"].items()},
        width=text["width"],
        mean_distance={Omic(omic): of for omic, of in text["mean_distance"].items()},
        column_means=lines["column_mean"],
        coefficients=to_frame(coefficients),
        intercept=pd.DataFrame(coefficients.var)["intercept"].astype(np.float64),
    )
    weights = read_csv(folder / SINGLE_FEATURES, ["gene", "omic", NAME, "weight"])
    single = SingleFeatures(weights.rename(columns={NAME: "feature"}).astype({"weight": float}))
    return ClosedForm(kernel, single, read_matrix(folder / BY_GENE_SET))


def _profiles_of(omic: Omic) -> str:
    return f"kernel_profiles_{omic}.h5ad"
