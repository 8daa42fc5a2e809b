"""A whole predictor: every labelled line teaches it, and none is judged by what it taught.

Patients are dealt to folds. Each network leaves one fold out and stops by it; the closed form is
fitted once without each fold, and once with all. So every line has a prediction by parts that saw
no line of its patient. These say how the parts are best weighed, which genes deserve trust, and how
wide an interval must be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, Split, patient_fold_of_line
from deepdep.domain.cohort import GeneSets
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.models.artifacts import TrainedEncoder
from deepdep.models.autoencoder import build_encoder
from deepdep.models.closed_form import (
    ClosedForm,
    ClosedFormSettings,
    cross_fitted,
    fit_closed_form,
    in_own_units,
)
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel import KernelLabels
from deepdep.models.network import FINGERPRINT, sample_inputs
from deepdep.models.predictor import TrainedPredictor
from deepdep.models.table import TablePredictor
from deepdep.statistics.conformal import COVERAGE, half_widths
from deepdep.statistics.trust import gene_trust
from deepdep.training.checkpoints import Checkpoint
from deepdep.training.finetune import Finetuned, FinetuneSettings, LabelledLines, finetune

SHARES = tuple(np.linspace(0, 1, 21))  # of the networks, that are tried
N_BOOTSTRAP = 1000
N_GENE_FOLDS = 5

NO_HISTORY = pd.DataFrame(columns=["epoch", "loss", "val_loss", "val_mean_gene_r", "network"])

Callbacks = Callable[[int], Sequence[keras.callbacks.Callback]]  # of a network, by its number
Checkpoints = Callable[[int], Checkpoint | None]


@dataclass(frozen=True)
class FinetunedPredictor:
    """A predictor ready to be saved, and the curves of its networks."""

    predictor: TrainedPredictor
    history: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r, network


@dataclass(frozen=True)
class CrossFittedClosedForm:
    """A closed form of all labelled lines, and what it says of each without its patients' fold.

    ``left_out`` has shape (line, gene); ``fold_of_line`` numbers the fold of each line.
    """

    fitted: ClosedForm
    left_out: pd.DataFrame
    fold_of_line: pd.Series


@dataclass(frozen=True)
class _Member:
    fitted: Finetuned
    left_out: pd.DataFrame  # predicted effects of the lines it stopped by, (line, gene)


def fit_predictor(
    prepared: Prepared,
    encoders: Mapping[Omic, TrainedEncoder],
    settings: FinetuneSettings,
    callbacks: Callbacks = lambda number: (),  # noqa: ARG005
    checkpoints: Checkpoints = lambda number: None,  # noqa: ARG005
    closed_form: CrossFittedClosedForm | None = None,
) -> FinetunedPredictor:
    """Fit networks from pretrained encoders and, if the settings name it, a closed form.

    A closed form that was fitted to the same data by the same settings is used again.
    """
    if not settings.n_members and settings.closed_form is None:
        raise DeepDEPError(
            "params.yaml: finetune: n_members is 0 and closed_form is null: nothing predicts; "
            "set one of them."
        )
    effect = _labels(prepared)
    patient_id = prepared.splits["patient_id"].astype(str)
    fold_of_line = _folds_of_networks(prepared, settings)
    members = [
        _member(prepared, encoders, settings, fold_of_line, number, callbacks, checkpoints)
        for number in range(1, settings.n_members + 1)
    ]
    left_out = pd.concat([effect.iloc[:0], *(member.left_out for member in members)])
    share, known = 1.0, left_out
    if settings.closed_form is None:
        closed_form = None
    else:
        closed_form = closed_form or cross_fit_closed_form(prepared, settings.closed_form)
        beside, fold_of_line = closed_form.left_out, closed_form.fold_of_line
        share = best_share(effect, beside, left_out) if members else 0.0
        known = beside if share == 0 else (1 - share) * beside + share * left_out
        known = known.dropna(how="all")
    scale = GeneScale.fit(_scaled_by(prepared, settings), prepared.gene_sets)
    folds = pd.DataFrame({"patient_id": patient_id[known.index], "fold": fold_of_line[known.index]})
    trust = (
        None if known.empty else _trust(effect.loc[known.index], known, folds, scale, settings.seed)
    )
    curves = [
        member.fitted.history.assign(network=number)
        for number, member in enumerate(members, start=1)
    ]
    history = pd.concat(curves, ignore_index=True) if curves else NO_HISTORY
    predictor = TrainedPredictor(
        networks=tuple(member.fitted.network for member in members),
        closed_form=None
        if settings.closed_form is None or closed_form is None
        else closed_form.fitted,
        network_share=share,
        gene_trust=trust,
        half_width_per_sd=unscreened_half_width(effect, prepared.gene_sets),
        settings=settings.network,
        encoder_settings={omic: trained.settings for omic, trained in encoders.items()},
        features={omic: trained.features for omic, trained in encoders.items()},
        gene_scale=scale,
        gene_sets=prepared.gene_sets,
        kind=prepared.gene_effect.kind,
        translations=prepared.translations,
    )
    return FinetunedPredictor(predictor, history)


def cross_fit_closed_form(
    prepared: Prepared, settings: ClosedFormSettings, *, leave_out: bool = True
) -> CrossFittedClosedForm:
    """Fit a closed form on all labelled lines but the test's; and predict each without its fold.

    Without ``leave_out`` it is fitted once, ``left_out`` has no line, and nothing can be said of
    how wrong it is.
    """
    effect, background = _labels(prepared), prepared.background
    of_lines = prepared.splits["patient_id"].astype(str)
    of_others = pd.Series(dtype=object) if background.patient_id is None else background.patient_id
    others = of_others[~of_others.index.isin(of_lines.index)]
    labels = KernelLabels(effect, background.table, pd.concat([of_lines, others]))
    tables = in_own_units(prepared.profiles, prepared.features)
    fold_of_line = patient_fold_of_line(of_lines[effect.index], settings.kernel.n_folds)
    left_out = (
        cross_fitted(tables, labels, prepared.gene_sets, settings, fold_of_line)
        if leave_out
        else effect.iloc[:0]
    )
    fitted = fit_closed_form(tables, labels, prepared.gene_sets, settings)
    return CrossFittedClosedForm(fitted, left_out, fold_of_line)


def best_share(effect: pd.DataFrame, beside: pd.DataFrame, networks: pd.DataFrame) -> float:
    """Return the share of the networks that errs least on patients left out, in SD of each gene.

    Of shares that err alike, the smallest. Where the networks say nothing of a line, it does not
    count.
    """
    lines = networks.index
    sd = effect.std().replace(0, 1)
    measured = effect.loc[lines]
    errors = [
        float(
            np.nanmean(
                (((1 - share) * beside.loc[lines] + share * networks - measured) / sd).to_numpy()
                ** 2
            )
        )
        for share in SHARES
    ]
    return float(SHARES[int(np.argmin(np.round(errors, 6)))])


def _labels(prepared: Prepared) -> pd.DataFrame:
    """Effects of the lines that are learned from, (line, gene)."""
    return prepared.labels(*LEARNED_FROM).astype(float)


def _folds_of_networks(prepared: Prepared, settings: FinetuneSettings) -> pd.Series:
    """Say which network leaves a line out, by number from 1; a single one keeps to the split."""
    lines = prepared.lines(*LEARNED_FROM)
    if settings.n_members <= 1:
        return pd.Series(lines.isin(prepared.lines(Split.VALIDATION)).astype(int), lines)
    return patient_fold_of_line(prepared.splits.loc[lines, "patient_id"], settings.n_members) + 1


def _scaled_by(prepared: Prepared, settings: FinetuneSettings) -> pd.DataFrame:
    """Effects that the scale of genes comes from: those that a network, or all, learned from."""
    alone = settings.n_members == 1 and settings.closed_form is None
    return prepared.labels(*((Split.TRAIN,) if alone else LEARNED_FROM))


def _member(
    prepared: Prepared,
    encoders: Mapping[Omic, TrainedEncoder],
    settings: FinetuneSettings,
    fold_of_line: pd.Series,
    number: int,
    callbacks: Callbacks,
    checkpoints: Checkpoints,
) -> _Member:
    effects = prepared.gene_effect.table
    lines = LabelledLines(
        profiles=prepared.profiles,
        train=effects.loc[fold_of_line.index[fold_of_line != number]],
        validation=effects.loc[fold_of_line.index[fold_of_line == number]],
        gene_sets=prepared.gene_sets,
    )
    fitted = finetune(
        lines,
        {omic: _copy(trained, str(omic)) for omic, trained in encoders.items()},
        settings,
        callbacks(number),
        checkpoints(number),
    )
    inputs = sample_inputs(prepared.profiles, lines.validation.index)
    member = prepared.fingerprints.dense()
    table = TablePredictor(fitted.network)(inputs | {FINGERPRINT: member})
    left_out = pd.DataFrame(table, lines.validation.index, effects.columns, dtype=float)
    if settings.network.target == "deviation":
        scale = fitted.gene_scale.screened.loc[effects.columns]
        left_out = left_out * scale["sd"] + scale["mean"]
    return _Member(fitted, left_out)


def _copy(trained: TrainedEncoder, name: str) -> keras.Model:
    """Every network starts from the pretrained weights and moves its own."""
    encoder = build_encoder(len(trained.features.table), trained.settings, name=name)
    encoder.set_weights(trained.encoder.get_weights())
    return encoder


def unscreened_half_width(effect: pd.DataFrame, gene_sets: GeneSets) -> float:
    """Half the width of an interval for genes that were never screened, per SD of the gene.

    From errors of genes left out, predicted as nothing but the mean that their fingerprint
    suggests, and divided by the SD that it suggests: how wrong both may be is in it.
    """
    errors = []
    genes = effect.columns
    n_folds = min(N_GENE_FOLDS, len(genes))
    if n_folds < 2:
        return float("inf")
    for learned, left_out in KFold(n_folds, shuffle=True, random_state=0).split(genes):
        scale = GeneScale.fit(effect.iloc[:, learned], gene_sets)
        suggested = scale.of(list(genes[left_out]), gene_sets)
        errors.append((effect[genes[left_out]] - suggested["mean"]) / suggested["sd"])
    pooled = pd.concat(errors, axis=1).to_numpy().reshape(-1, 1)
    one = pd.DataFrame(pooled, columns=["any"])
    return float(half_widths(one, one * 0, pd.Series({"any": 1.0}), coverage=COVERAGE)["any"])


def _trust(
    effect: pd.DataFrame,
    known: pd.DataFrame,
    folds: pd.DataFrame,
    scale: GeneScale,
    seed: int,
) -> pd.DataFrame:
    """Say which screened genes deserve trust, and how wide their intervals are."""
    rng = np.random.default_rng(seed)
    trust = gene_trust(effect, known, folds, n_bootstrap=N_BOOTSTRAP, rng=rng)
    sd = scale.screened.loc[effect.columns, "sd"]
    trust["half_width"] = half_widths(effect, known, sd, coverage=COVERAGE)
    return trust.rename_axis("gene")
