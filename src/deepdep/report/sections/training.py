"""How the models were trained, and what came of it."""

import numpy as np
import pandas as pd

from deepdep.data.prepared import PreparedOmic
from deepdep.domain.omics import Omic, omic_of_table
from deepdep.report.document import Block, Note, Picture, Section
from deepdep.report.plots.style import to_png
from deepdep.report.plots.training import autoencoder_curves, predictor_curves
from deepdep.report.results import Results
from deepdep.report.sections.makeup import makeup_blocks


def training_section(results: Results) -> Section:
    """Show the curves of every autoencoder and of the predictor, and what it is made of."""
    blocks: list[Block] = []
    if results.pretraining:
        baseline = {
            omic: loss_without_learning(omic, results.prepared.omics[omic])
            for omic in results.pretraining
        }
        blocks.append(_autoencoders(results.pretraining, baseline))
    else:
        blocks.append(Note("No autoencoder was pretrained."))
    if results.finetuning.empty:
        blocks.append(Note("No network was trained: the predictor is a closed form."))
    else:
        blocks.append(_predictor(results.finetuning))
    blocks += makeup_blocks(results)
    return Section("training", "Training", blocks)


def loss_without_learning(omic: str, tables: PreparedOmic) -> float:
    """Return the loss of restoring each feature as its mean over the samples.

    Mutations are bits and their loss the cross-entropy; the others' is the squared error.
    """
    profiles = tables.cell_lines if tables.tumors is None else tables.tumors
    n_measured = profiles.notna().sum()
    is_bits = profiles.isin([0, 1]).where(profiles.notna(), True).all(axis=None)
    if omic_of_table(omic) is Omic.MUTATION and is_bits:
        share = profiles.mean().clip(1e-12, 1 - 1e-12)
        loss = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    else:
        loss = profiles.var(ddof=0)
    return float((loss * n_measured).sum() / max(int(n_measured.sum()), 1))


def _autoencoders(histories: dict[str, pd.DataFrame], baseline: dict[str, float]) -> Picture:
    return Picture(
        name="autoencoders",
        png=to_png(autoencoder_curves(histories, baseline)),
        title="Pretraining of the autoencoders",
        caption=(
            "Loss of restoring a profile from its code, per omic: squared error of standardised "
            "values, cross-entropy for mutations. The training curve is measured while part of the "
            "input is hidden, the held-out one is not. Dotted: the loss of answering every "
            "feature's mean, which a code must beat to hold anything. The red point is the epoch "
            "that was kept."
        ),
        alt="Training and held-out loss by epoch for each omic's autoencoder.",
    )


def _predictor(history: pd.DataFrame) -> Picture:
    return Picture(
        name="predictor_training",
        png=to_png(predictor_curves(history)),
        title="Fine-tuning of the predictor",
        caption=(
            "One line per network, each held back from other patients. a, squared error of effects "
            "in units of each gene's SD; answering the gene mean costs about 1. b, mean per-gene r "
            "on the lines held out, which decides when training stops and which epoch is kept "
            "(red). The test lines play no part."
        ),
        alt="Loss, and mean per-gene r on held-out lines, by epoch and network.",
    )
