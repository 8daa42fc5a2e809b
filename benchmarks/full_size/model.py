"""A predictor of DeepDEP's full size with every part of the default one; what it says is chance."""

import keras
import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.features import FeatureSpace
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.models import TrainedPredictor
from deepdep.models.closed_form import ClosedForm
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel import Filling, KernelPart, TableKernel, Weight, WeightedKernels
from deepdep.models.network import build_predictor
from deepdep.models.single_features import SingleFeatures
from deepdep.models.unscreened import UnscreenedGenes
from deepdep.settings import read_settings
from deepdep.training.finetune import LabelledLines
from deepdep.training.settings import FinetuneSettings, PretrainSettings
from full_size.cohort import Size, labelled_lines
from full_size.published import PRESET

PARAMS = PRESET.parents[1] / "params.yaml"
N_WEIGHTS = 3  # of single features, per gene


def full_size_predictor(seed: int, size: Size | None = None) -> TrainedPredictor:
    """Put a predictor together as ``finetune`` does by default, with nothing learned."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    size = size or Size()
    lines = labelled_lines(size, seed)
    settings = read_settings(PARAMS, "finetune", FinetuneSettings)
    encoders = {
        omic: read_settings(PARAMS, f"pretrain.{omic}", PretrainSettings).encoder
        for omic in lines.profiles
    }
    spaces = {omic: _space(table, omic) for omic, table in lines.profiles.items()}
    genes = lines.train.columns

    def network() -> keras.Model:
        built = {
            omic: encoders[omic].build(len(space.table), name=str(omic))
            for omic, space in spaces.items()
        }
        return build_predictor(built, len(lines.gene_sets), settings.network)

    return TrainedPredictor(
        networks=tuple(network() for _ in range(settings.n_members)),
        closed_form=_closed_form(lines, rng),
        network_share=0.2,
        gene_trust=_trust(genes, rng),
        half_width_per_sd=1.7,
        settings=settings.network,
        encoder_settings=encoders,
        features=spaces,
        gene_scale=GeneScale.fit(lines.train, lines.gene_sets),
        gene_sets=lines.gene_sets,
        kind=GeneEffectKind.GENE_EFFECT,
        translations={},
    )


def _space(table: pd.DataFrame, omic: Omic) -> FeatureSpace:
    center, scale = table.mean(), table.std().clip(lower=1e-3)
    columns = {"in_tumors": True}
    for source in Source:
        columns |= {f"center_{source}": center, f"scale_{source}": scale}
    fitted = pd.DataFrame(columns, index=table.columns.rename("feature"))
    return FeatureSpace(
        fitted, within_sample=False, units=dict.fromkeys(Source, DEFAULT_UNITS[omic])
    )


def _closed_form(lines: LabelledLines, rng: np.random.Generator) -> ClosedForm:
    effects = lines.train
    profiles = {
        omic: (table - table.mean()).loc[effects.index].astype(np.float32)
        for omic, table in lines.profiles.items()
    }
    names = effects.index
    tables = {str(omic): TableKernel.of(table) for omic, table in profiles.items()}
    weights = dict(zip(tables, (Weight(w, 0.3) for w in (0.1, 1.0, 0.1, 0.1)), strict=True))
    filled = str(Omic.EXPRESSION)
    others = {name: table for name, table in tables.items() if name != filled}
    alike = dict.fromkeys(others, Weight(1.0, 0.5))
    coefficients = rng.normal(scale=0.01, size=effects.shape).astype(np.float32)
    kernel = KernelPart(
        WeightedKernels(tables, weights, names),
        Filling(filled, WeightedKernels(others, alike, names), names, penalty=1.5),
        coefficients=pd.DataFrame(coefficients, names, effects.columns),
        intercept=effects.mean(),
    )
    by_gene, of_lines = (
        pd.DataFrame(
            rng.normal(scale=0.01, size=effects.T.shape).astype(np.float32), effects.columns, names
        )
        for _ in range(2)
    )
    slopes = pd.DataFrame(columns=["table", "of", "slope"])
    return ClosedForm(
        kernel,
        SingleFeatures(_single_weights(profiles, effects.columns, rng)),
        UnscreenedGenes(by_gene, 1.0, {}, slopes, of_lines),
    )


def _single_weights(
    profiles: dict[Omic, pd.DataFrame], genes: pd.Index, rng: np.random.Generator
) -> pd.DataFrame:
    omics = list(profiles)
    chosen = rng.integers(len(omics), size=(len(genes), N_WEIGHTS))
    rows = [
        (gene, omics[k], feature, 0.05)
        for gene, of_gene in zip(genes, chosen, strict=True)
        for k in of_gene
        for feature in rng.choice(profiles[omics[k]].columns, 1)
    ]
    table = pd.DataFrame(rows, columns=["gene", "omic", "feature", "weight"])
    return table.drop_duplicates(["gene", "omic", "feature"])


def _trust(genes: pd.Index, rng: np.random.Generator) -> pd.DataFrame:
    r = rng.uniform(-0.1, 0.5, len(genes))
    table = {"cv_r": r, "cv_r_low": r - 0.1, "cv_r_high": r + 0.1, "trusted": r > 0.1}
    return pd.DataFrame(table | {"half_width": 0.4}, genes.rename("gene"))
