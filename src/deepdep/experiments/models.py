"""Fitting and predicting of one model in one fold, from its training data or from changed ones.

Changes take something out of the training data, to see what it gave; what is judged stays as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from deepdep.data.prepare import PreparedFold
from deepdep.data.prepared import Prepared, PreparedOmic
from deepdep.data.splits import LEARNED_FROM
from deepdep.data.standardized import StandardizedSamples
from deepdep.evaluation.judge import DECIMALS
from deepdep.experiments.settings import PERMUTED, BaselineModel, TrainedModel
from deepdep.models import TrainedEncoder, TrainedPredictor
from deepdep.models.baselines import BASELINES, BaselineSettings, Task
from deepdep.statistics.conformal import EffectInterval
from deepdep.training.cross_fit import CrossFittedClosedForm, fit_predictor
from deepdep.training.identity import identity_of
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.session import start_session
from deepdep.training.settings import PretrainSettings, TrainingSettings

# What changes none of the tumours' profiles leaves pretraining as it is.
OF_PRETRAINING = ("shuffled_tumors", "no_tumors")

Changer = Callable[[Prepared, np.random.Generator], Prepared]


@dataclass(frozen=True)
class CellPrediction:
    """Gene effects of the judged lines and genes, with 90 % intervals where a model has them."""

    predicted: pd.DataFrame
    interval: EffectInterval | None = None


class FoldModels:
    """Predicts one fold with any model; what models share is trained once."""

    def __init__(self, fold: PreparedFold, seed: int, baselines: BaselineSettings) -> None:
        self._fold = fold
        self._seed = seed
        self._baselines = baselines
        self._encoders: dict[str, TrainedEncoder] = {}
        self._closed_forms: dict[str, CrossFittedClosedForm] = {}
        self._predictors: dict[str, TrainedPredictor] = {}

    def predict(
        self, model: BaselineModel | TrainedModel, settings: TrainingSettings | None
    ) -> CellPrediction:
        """Fit a model, unless its like was fitted before, and predict the judged lines."""
        if isinstance(model, BaselineModel):
            prepared = self._fold.prepared
            task = Task.of_prepared(prepared, self._fold.lines, self._fold.genes, self._baselines)
            return CellPrediction(BASELINES[model.baseline](task).round(DECIMALS))
        if settings is None:
            raise ValueError("a trained model needs its settings")
        data = changed(self._fold.prepared, model.data, self._seed)
        omics = {o: t for o, t in data.omics.items() if model.omics is None or o in model.omics}
        data = replace(data, omics=omics)
        predictor = self._fitted(data, model, settings)
        # As they were measured: where genes are unseen, judged lines are learned from too.
        measured = self._fold.prepared.profiles
        profiles = {o: measured[o] for o in omics if o not in model.hide}
        samples = StandardizedSamples.named(profiles, self._fold.lines)
        predicted = predictor.predict(samples, list(self._fold.genes))
        predicted = replace(predicted, effect=predicted.effect.round(DECIMALS))
        return CellPrediction(predicted.effect, predicted.interval if model.intervals else None)

    def _fitted(
        self, data: Prepared, model: TrainedModel, settings: TrainingSettings
    ) -> TrainedPredictor:
        key = identity_of(
            [asdict(settings.finetune), {str(o): asdict(s) for o, s in settings.pretrain.items()}],
            [str(omic) for omic in data.omics],
            str(model.data),
            str(model.intervals),
        )
        if key not in self._predictors:
            seeded = replace(settings.finetune, seed=self._seed)
            pretrain = settings.pretrain
            if not seeded.n_members:  # no network reads their codes
                pretrain = {omic: replace(each, epochs=0) for omic, each in pretrain.items()}
            encoders = {
                omic: self._encoder(data, omic, pretrain[omic], model) for omic in data.omics
            }
            # What is drawn must not hang on which encoders were pretrained before.
            start_session(self._seed, seeded.precision)
            # Networks are weighed against what the closed form says of lines that it left out.
            leave_out, closed_form = model.intervals or seeded.n_members > 0, None
            if seeded.closed_form is not None:
                omics = [str(omic) for omic in data.omics]
                form = identity_of(
                    asdict(seeded.closed_form), omics, str(model.data), str(leave_out)
                )
                if form not in self._closed_forms:
                    self._closed_forms[form] = CrossFittedClosedForm.fit(
                        data, seeded.closed_form, leave_out=leave_out
                    )
                closed_form = self._closed_forms[form]
            fitted = fit_predictor(data, encoders, seeded, closed_form=closed_form)
            self._predictors[key] = fitted.predictor
        return self._predictors[key]

    def _encoder(
        self, data: Prepared, omic: str, settings: PretrainSettings, model: TrainedModel
    ) -> TrainedEncoder:
        matters = model.data in OF_PRETRAINING or model.permuted_omic == omic
        change = model.data if matters else None
        key = identity_of(str(omic), asdict(settings), str(change))
        if key not in self._encoders:
            seeded = replace(settings, seed=self._seed)
            start_session(self._seed, seeded.precision)
            tables = data.omics[omic]
            encoder = pretrain_omic(tables, data.splits, omic, seeded).autoencoder.encoder
            self._encoders[key] = TrainedEncoder(encoder, seeded.encoder, tables.space)
        return self._encoders[key]


def changed(prepared: Prepared, change: str | None, seed: int) -> Prepared:
    """Return the data as a model is to learn from them; what is judged stays as it is."""
    if change is None:
        return prepared
    changer = CHANGES.get(change) or permuted(change.removeprefix(PERMUTED))
    return changer(prepared, np.random.default_rng(seed))


def permuted_labels(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    """Move whole lines, so that genes stay correlated; the background moves alike."""
    lines = prepared.lines(*LEARNED_FROM)
    effects, background = prepared.gene_effect, prepared.background
    moves = _moves(lines, rng)
    of_others = _moves(background.table.index.difference(lines), rng)
    return replace(
        prepared,
        gene_effect=replace(effects, table=_moved(effects.table, moves)),
        background=replace(background, table=_moved(background.table, moves | of_others)),
    )


def permuted_fingerprints(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    """Give each gene the sets of another."""
    names = sorted({gene for members in prepared.gene_sets.values() for gene in members})
    new = dict(zip(names, rng.permutation(names), strict=True))
    gene_sets = {
        name: tuple(str(new[gene]) for gene in members)
        for name, members in prepared.gene_sets.items()
    }
    return replace(prepared, gene_sets=gene_sets)


def permuted(omic: str) -> Changer:
    """Move the profiles of an omic from line to line."""

    def permute(prepared: Prepared, rng: np.random.Generator) -> Prepared:
        tables, lines = prepared.omics[omic], prepared.lines(*LEARNED_FROM)
        profiles = tables.cell_lines
        moves = _moves(lines[lines.isin(profiles.index)], rng)
        return _with_omic(prepared, omic, replace(tables, cell_lines=_moved(profiles, moves)))

    return permute


def shuffled_tumors(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    """Keep each feature's distribution, and nothing that features have in common."""
    for omic, tables in prepared.omics.items():
        if tables.tumors is not None:
            values = rng.permuted(tables.tumors.to_numpy(), axis=0)
            shuffled = pd.DataFrame(values, tables.tumors.index, tables.tumors.columns)
            prepared = _with_omic(prepared, omic, replace(tables, tumors=shuffled))
    return prepared


def no_tumors(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    """Leave training lines to stand in for tumours."""
    del rng
    for omic, tables in prepared.omics.items():
        prepared = _with_omic(prepared, omic, replace(tables, tumors=None))
    return prepared


CHANGES: Mapping[str, Changer] = {
    "permuted_labels": permuted_labels,
    "permuted_fingerprints": permuted_fingerprints,
    "shuffled_tumors": shuffled_tumors,
    "no_tumors": no_tumors,
}


def _moves(lines: pd.Index, rng: np.random.Generator) -> dict[str, str]:
    """Draw whose row each line gets."""
    names = sorted(lines)
    return dict(zip(names, map(str, rng.permutation(names)), strict=True))


def _moved(table: pd.DataFrame, moves: Mapping[str, str]) -> pd.DataFrame:
    return table.loc[[moves.get(line, line) for line in table.index]].set_axis(table.index)


def _with_omic(prepared: Prepared, omic: str, tables: PreparedOmic) -> Prepared:
    return replace(prepared, omics={**prepared.omics, omic: tables})
