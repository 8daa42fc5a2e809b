"""What a trained predictor is made of, read from its folder without loading it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.documents import read_csv, read_indexed_csv, read_json


@dataclass(frozen=True)
class ClosedFormMakeup:
    """What was chosen and found in fitting a closed form.

    Attributes
    ----------
    omic_weights
        Of each omic in how alike two samples are.
    width
        Of the Gaussian, per mean squared distance; 0 where the kernel is linear.
    single_features
        Columns ``gene``, ``omic``, ``feature`` and ``weight``, in effect per unit of the feature.
    """

    omic_weights: Mapping[Omic, float]
    width: float
    single_features: pd.DataFrame


@dataclass(frozen=True)
class Makeup:
    """The parts of a predictor.

    Attributes
    ----------
    network_share
        How much of a prediction is the networks', from 0 to 1.
    closed_form
        None where nothing stands beside the networks.
    trusted
        Whether each screened gene can be trusted; None where no patient was left out.
    """

    n_networks: int
    network_share: float
    closed_form: ClosedFormMakeup | None
    trusted: pd.Series | None


def read_makeup(folder: Path) -> Makeup:
    """Read a predictor's folder; a model without a closed form or trust lacks their files."""
    settings = folder / "settings.json"
    trust = folder / "gene_trust.csv"
    n_networks, share = _fields(settings, "n_networks", "network_share")
    return Makeup(
        n_networks=n_networks,
        network_share=share,
        closed_form=_read_closed_form(folder) if (folder / "kernel.json").exists() else None,
        trusted=read_indexed_csv(trust, ["trusted"])["trusted"] if trust.exists() else None,
    )


def _read_closed_form(folder: Path) -> ClosedFormMakeup:
    weights, width = _fields(folder / "kernel.json", "weights", "width")
    single = read_csv(folder / "single_features.csv", ["gene", "omic", "name", "weight"])
    return ClosedFormMakeup(
        omic_weights={Omic(omic): float(weight) for omic, weight in weights.items()},
        width=width,
        single_features=single.rename(columns={"name": "feature"}).astype({"weight": float}),
    )


def _fields(source: Path, *names: str) -> list[Any]:
    content = read_json(source)
    missing = [name for name in names if name not in content]
    if missing:
        raise BadFileError(source, f"lacks {missing[0]!r}", "Run `dvc repro finetune`")
    return [content[name] for name in names]
