import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Source
from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.io.prepared import Prepared, PreparedOmic
from deepdep.training.finetune import FinetuneSettings
from deepdep.training.pretrain import PretrainSettings

N_LINES, N_TUMORS, N_FEATURES = 90, 150, 12
GENES = [f"GENE{k}" for k in range(8)]
UNITS = {Source.CELL_LINE: "z-score", Source.TUMOR: "z-score"}


def prepared_omic(rng, lines, tumors):
    """Profiles of two hidden programmes; the first is feature F0 to F5, the second the others."""
    loadings = np.kron(np.eye(2), np.ones(N_FEATURES // 2))
    names = [f"F{k}" for k in range(N_FEATURES)]
    tables = {}
    programmes = rng.normal(size=(len(lines), 2))
    for samples, latent in (
        (lines, programmes),
        (tumors, rng.normal(size=(len(tumors), 2))),
    ):
        noise = rng.normal(scale=0.3, size=(len(samples), N_FEATURES))
        values = (latent @ loadings + noise).astype(np.float32)
        tables[len(samples)] = pd.DataFrame(values, index=samples, columns=names)
    scale = pd.DataFrame(
        {
            "in_tumors": True,
            "center_cell_line": 0.0,
            "scale_cell_line": 1.0,
            "center_tumor": 0.0,
            "scale_tumor": 1.0,
        },
        index=pd.Index(names, name="feature"),
    )
    space = FeatureSpace(scale, within_sample=False, units=UNITS)
    return PreparedOmic(tables[len(lines)], tables[len(tumors)], space), programmes


@pytest.fixture
def prepared():
    """90 lines, 8 genes: the first four follow the first programme of expression, the rest none."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"ACH-{k:06d}" for k in range(N_LINES)])
    tumors = pd.Index([f"T{k}" for k in range(N_TUMORS)])
    expression, programmes = prepared_omic(rng, lines, tumors)
    effects = rng.normal(scale=0.1, size=(N_LINES, len(GENES)))
    effects[:, :4] -= 0.5 * programmes[:, :1]
    effects[3, 2] = np.nan
    obs = pd.DataFrame({"patient_id": lines, "lineage": "Lung", "source": "cell_line"}, index=lines)
    split = np.array(["train"] * 60 + ["validation"] * 15 + ["test"] * 15)
    return Prepared(
        omics={Omic.EXPRESSION: expression},
        cell_lines=obs,
        tumors=obs.iloc[:0].reindex(tumors).fillna("tumor"),
        splits=obs[["patient_id", "lineage"]].assign(split=split),
        gene_effect=GeneEffect(
            pd.DataFrame(effects, index=lines, columns=GENES), GeneEffectKind.GENE_EFFECT
        ),
        gene_sets={
            "FIRST_PROGRAMME": tuple(GENES[:4]),
            "OTHERS": tuple(GENES[4:]),
            "ODD": ("GENE1", "GENE3", "UNSCREENED"),
            "PROGRAMME_TOO": ("GENE0", "GENE1", "GENE2", "UNSCREENED"),
        },
        genes_without_fingerprint=[],
    )


@pytest.fixture
def pretrain_settings():
    return PretrainSettings(
        widths=(16, 4),
        activation="gelu",
        corruption=0.1,
        learning_rate=0.01,
        weight_decay=0.0,
        batch_size=32,
        epochs=15,
        patience=15,
        held_out=0.1,
        without_tumors="cell_lines",
        seed=0,
    )


@pytest.fixture
def finetune_settings():
    return FinetuneSettings(
        cell_widths=(16,),
        gene_widths=(16,),
        embedding=8,
        pair_width=0,
        dropout=0.0,
        omic_dropout=0.0,
        wide_dropout=0.0,
        encoders="trainable",
        learning_rate=0.01,
        weight_decay=0.0,
        lines_per_block=16,
        epochs=25,
        patience=25,
        seed=0,
    )
