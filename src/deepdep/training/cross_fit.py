"""A whole predictor: every labelled line teaches it, and none is judged by what it taught.

Patients are dealt to folds. Each network leaves one fold out and stops by it; the closed form is
fitted once without each fold, and once with all. So every line has a prediction by parts that saw
no line of its patient. These say how the parts are best weighed, which genes deserve trust, and how
wide an interval must be.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, Split, patient_fold_of_line
from deepdep.domain.cohort import GeneSets
from deepdep.errors import DeepDEPError
from deepdep.models import TrainedEncoder, TrainedPredictor
from deepdep.models.closed_form import (
    ClosedForm,
    ClosedFormSettings,
    in_omic_units,
    lineage_table,
)
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel import Tables
from deepdep.models.kernel_fit import KernelLabels
from deepdep.stage import Progress, with_progress
from deepdep.statistics.conformal import COVERAGE, LackFactors, half_widths
from deepdep.statistics.resampling import gene_trust
from deepdep.training.checkpoints import Checkpoint
from deepdep.training.finetune import LabelledLines, finetune
from deepdep.training.settings import FinetuneSettings

if TYPE_CHECKING:
    import keras

SHARES = tuple(np.linspace(0, 1, 21))  # of the networks, that are tried
N_BOOTSTRAP = 1000
N_GENE_FOLDS = 5
# What lines are left with, of each omic in turn, to learn what that costs; and of how many lines.
LEFT_SHARES = (0.0, 0.1, 0.5)
N_LINES_LACKING = 100

NO_HISTORY = pd.DataFrame(columns=["epoch", "loss", "val_loss", "val_mean_gene_r", "network"])

Callbacks = Callable[[int], Sequence["keras.callbacks.Callback"]]  # of a network, by its number
Checkpoints = Callable[[int], Checkpoint | None]


@dataclass(frozen=True)
class FinetunedPredictor:
    """A predictor ready to be saved, and the curves of its networks."""

    predictor: TrainedPredictor
    history: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r, network


@dataclass(frozen=True)
class CrossFitted:
    """What every part of a predictor tells of the lines it learned from; each part has a ``fit``.

    Attributes
    ----------
    left_out
        Gene effects (line, gene) that it predicts of lines by what saw no line of their fold.
    fold_of_line
        Number of the fold of each line; a patient's lines are in one.
    """

    left_out: pd.DataFrame
    fold_of_line: pd.Series


@dataclass(frozen=True)
class CrossFittedNetworks(CrossFitted):
    """Networks that each left a fold out, numbered from 1, and stopped by it."""

    networks: tuple["keras.Model", ...]
    history: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r, network

    @classmethod
    def fit(
        cls,
        prepared: Prepared,
        encoders: Mapping[str, TrainedEncoder],
        settings: FinetuneSettings,
        callbacks: Callbacks,
        checkpoints: Checkpoints,
    ) -> "CrossFittedNetworks":
        """Fit as many networks as the settings say; a single one keeps to the split."""
        effects, learned_from = prepared.gene_effect.table, prepared.lines(*LEARNED_FROM)
        if settings.n_members <= 1:
            stops = learned_from.isin(prepared.lines(Split.VALIDATION))
            fold_of_line = pd.Series(stops.astype(int), learned_from)
        else:
            patient_id = prepared.splits.loc[learned_from, "patient_id"]
            fold_of_line = patient_fold_of_line(patient_id, settings.n_members) + 1
        networks, histories, left_out = [], [], [effects.loc[learned_from[:0]].astype(float)]
        for number in with_progress(range(1, settings.n_members + 1), "networks", "network"):
            lines = LabelledLines(
                profiles=prepared.profiles,
                train=effects.loc[fold_of_line.index[fold_of_line != number]],
                validation=effects.loc[fold_of_line.index[fold_of_line == number]],
                gene_sets=prepared.gene_sets,
            )
            # Every network starts from the pretrained weights and moves its own.
            copies = {omic: trained.copy(str(omic)) for omic, trained in encoders.items()}
            fitted = finetune(lines, copies, settings, callbacks(number), checkpoints(number))
            networks.append(fitted.network)
            histories.append(fitted.history.assign(network=number))
            left_out.append(fitted.predict(lines, lines.validation.index, settings))
        history = pd.concat(histories, ignore_index=True) if histories else NO_HISTORY
        return cls(pd.concat(left_out), fold_of_line, tuple(networks), history)


@dataclass(frozen=True)
class ClosedFormData:
    """What a closed form learns from: tables in the omics' own units, and labels."""

    tables: Tables
    labels: KernelLabels

    @classmethod
    def of(cls, prepared: Prepared) -> "ClosedFormData":
        """Take the labels of all lines but the test's, with a profile or without."""
        background = prepared.background
        patient_id = cast(pd.Series, background.patient_id).astype(str)
        labels = KernelLabels(background.table[prepared.genes].astype(float), patient_id)
        tables = in_omic_units(prepared.samples(prepared.cell_lines.index), prepared.features)
        return cls(tables | lineage_table(background.lineage), labels)


@dataclass(frozen=True)
class CrossFittedClosedForm(CrossFitted):
    """A closed form of all labelled lines but the test's, and others that each left a fold out.

    Attributes
    ----------
    lacking
        As ``left_out``, of some of its lines when they lack an omic or have a share of its
        features; by omic and share.
    """

    fitted: ClosedForm
    lacking: Mapping[tuple[str, float], pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def fit(
        cls, prepared: Prepared, settings: ClosedFormSettings, *, leave_out: bool = True
    ) -> "CrossFittedClosedForm":
        """Fit on all lines but the test's; and once without each fold.

        Without ``leave_out`` it is fitted once, ``left_out`` has no line, and nothing is known of
        how wrong it is.
        """
        lines, taught = prepared.lines(*LEARNED_FROM), ClosedFormData.of(prepared)
        tables, labels = taught.tables, taught.labels
        fold_of_line = patient_fold_of_line(labels.patient_id[lines], settings.kernel.n_folds)
        left_out, lacking = labels.effect.iloc[:0], {}
        n_fits = 1 + leave_out * fold_of_line.nunique()
        with closing(Progress("closed form", "fit")) as progress:
            progress(0, n_fits)
            if leave_out:
                views = tables_lacking(tables, list(prepared.features), fold_of_line)
                left_out, *found = ClosedForm.cross_fit(
                    tables,
                    labels,
                    settings,
                    fold_of_line,
                    list(views.values()),
                    lambda n_done, _: progress(n_done, n_fits),
                )
                lacking = dict(zip(views, found, strict=True))
            fitted = ClosedForm.fit(tables, labels, prepared.gene_sets, settings)
            progress(n_fits, n_fits)
        return cls(left_out, fold_of_line, fitted, lacking)


def fit_predictor(
    prepared: Prepared,
    encoders: Mapping[str, TrainedEncoder],
    settings: FinetuneSettings,
    callbacks: Callbacks = lambda number: (),  # noqa: ARG005
    checkpoints: Checkpoints = lambda number: None,  # noqa: ARG005
    closed_form: CrossFittedClosedForm | None = None,
) -> FinetunedPredictor:
    """Fit networks from pretrained encoders and, if the settings name it, a closed form.

    A closed form that was fitted to the same data by the same settings is used again.

    Raises
    ------
    DeepDEPError
        When the settings leave nothing to fit, or an encoder reads other features than were
        prepared.
    """
    if not settings.n_members and settings.closed_form is None:
        raise DeepDEPError(
            "params.yaml: finetune: n_members is 0 and closed_form is null: nothing predicts; "
            "set one of them."
        )
    require_prepared_features(encoders, prepared)
    networks = CrossFittedNetworks.fit(prepared, encoders, settings, callbacks, checkpoints)
    if settings.closed_form is None:
        closed_form = None
    elif closed_form is None:
        closed_form = CrossFittedClosedForm.fit(prepared, settings.closed_form)
    effect = prepared.labels(*LEARNED_FROM).astype(float)
    share, left_out, fold_of_line = 1.0, networks.left_out, networks.fold_of_line
    if closed_form is not None:
        beside, fold_of_line = closed_form.left_out, closed_form.fold_of_line
        share = best_share(effect, beside, left_out) if networks.networks else 0.0
        left_out = beside if share == 0 else (1 - share) * beside + share * left_out
        left_out = left_out.dropna(how="all")
    alone = settings.n_members == 1 and closed_form is None
    learned_from = (Split.TRAIN,) if alone else LEARNED_FROM  # alone, it never saw the others
    scale = GeneScale.fit(prepared.labels(*learned_from), prepared.gene_sets)
    patient_id = prepared.splits["patient_id"].astype(str)[left_out.index]
    folds = pd.DataFrame({"patient_id": patient_id, "fold": fold_of_line[left_out.index]})
    factors = None if closed_form is None else lack_factors(effect, closed_form)
    trust = None
    if not left_out.empty:
        shares = prepared.samples(left_out.index).shares_of_features(prepared.features)
        factor = 1.0 if factors is None else factors.of(shares)
        trust = _trust(effect, left_out, folds, scale, factor, settings.seed)
    predictor = TrainedPredictor(
        networks=networks.networks,
        closed_form=None if closed_form is None else closed_form.fitted,
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
        lack_factors=factors,
    )
    return FinetunedPredictor(predictor, networks.history)


def require_prepared_features(encoders: Mapping[str, TrainedEncoder], prepared: Prepared) -> None:
    """Refuse encoders that read other features than were prepared, such as those of an old run."""
    for omic, trained in encoders.items():
        read, now = trained.features.table.index, prepared.features[omic].table.index
        if not read.equals(now):
            raise DeepDEPError(
                f"the autoencoder of {omic} reads {len(read)} features, of which "
                f"{read.isin(now).sum()} are among the {len(now)} prepared ones; run "
                f"`dvc repro pretrain@{omic}` to pretrain it on these."
            )


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


def tables_lacking(
    tables: Tables, omics: Sequence[str], fold_of_line: pd.Series
) -> dict[tuple[str, float], Tables]:
    """Hide omics, or features drawn at random, from lines of the first folds that have others too.

    Returns
    -------
    By omic and share of its features that is left. No rows but those of lines that have the omic.
    """
    in_order = fold_of_line.sort_values(kind="stable")
    lines = in_order.index[in_order <= in_order.iloc[:N_LINES_LACKING].max()]
    rng = np.random.default_rng(0)
    views: dict[tuple[str, float], Tables] = {}
    for omic in omics:
        table, others = tables[omic], [other for other in omics if other != omic]
        having = [
            line
            for line in lines
            if line in table.index and any(line in tables[other].index for other in others)
        ]
        for share in LEFT_SHARES if having else ():
            left = {name: t.loc[t.index.isin(having)] for name, t in tables.items() if name != omic}
            if share:
                kept = rng.permutation(table.columns)[: math.ceil(share * table.shape[1])]
                left[omic] = table.loc[having, kept].reindex(columns=table.columns)
            views[str(omic), share] = left
    return views


def lack_factors(effect: pd.DataFrame, closed_form: CrossFittedClosedForm) -> LackFactors | None:
    """Learn from a closed form how much wider intervals are of lines that lack something."""
    if not closed_form.lacking:
        return None
    sd = effect.std().replace(0, 1)
    whole, *lacking = (
        (effect.loc[predicted.index] - predicted).abs() / sd
        for predicted in (closed_form.left_out, *closed_form.lacking.values())
    )
    return LackFactors.of_errors(whole, dict(zip(closed_form.lacking, lacking, strict=True)))


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
    left_out: pd.DataFrame,
    folds: pd.DataFrame,
    scale: GeneScale,
    factor: pd.Series | float,
    seed: int,
) -> pd.DataFrame:
    """Tell which screened genes deserve trust, and how wide the intervals of whole samples are."""
    rng, effect = np.random.default_rng(seed), effect.loc[left_out.index]
    trust = gene_trust(effect, left_out, folds, n_bootstrap=N_BOOTSTRAP, rng=rng)
    sd = scale.screened.loc[effect.columns, "sd"]
    # Errors as they would be if each line's interval were as wide as that of a whole sample.
    comparable = left_out + (effect - left_out).div(factor, axis=0)
    trust["half_width"] = half_widths(comparable, left_out, sd, coverage=COVERAGE)
    return trust.rename_axis("gene")
