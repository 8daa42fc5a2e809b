"""Fitting and predicting of one model in one fold."""

from dataclasses import asdict, dataclass, replace

import pandas as pd

from deepdep.data.prepare import PreparedFold
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import DECIMALS
from deepdep.experiments.changes import changed, omic_permuted_by
from deepdep.experiments.settings import BaselineModel, ModelSettings, TrainedModel
from deepdep.models import TrainedEncoder, TrainedPredictor
from deepdep.models.baselines import BASELINES, BaselineSettings, Task
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.statistics.conformal import EffectInterval
from deepdep.training.cross_fit import CrossFittedClosedForm, fit_predictor
from deepdep.training.finetune import pretrain_omic
from deepdep.training.identity import identity_of
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.session import start_session

# What changes none of the tumours' profiles leaves pretraining as it is.
OF_PRETRAINING = ("shuffled_tumors", "no_tumors")


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
        self, model: BaselineModel | TrainedModel, settings: ModelSettings | None
    ) -> CellPrediction:
        """Fit a model, unless its like was fitted before, and predict the judged lines."""
        if isinstance(model, BaselineModel):
            prepared = self._fold.prepared
            task = Task.of_prepared(prepared, self._fold.lines, self._fold.genes, self._baselines)
            return CellPrediction(BASELINES[model.baseline](task).round(DECIMALS))
        if settings is None:
            raise ValueError("a trained model needs its settings")
        return self._by_predictor(model, settings)

    def _by_predictor(self, model: TrainedModel, settings: ModelSettings) -> CellPrediction:
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
        self, data: Prepared, model: TrainedModel, settings: ModelSettings
    ) -> TrainedPredictor:
        key = identity_of(
            [asdict(settings.finetune), {str(o): asdict(s) for o, s in settings.pretrain.items()}],
            [str(omic) for omic in data.omics],
            str(model.data),
            str(model.intervals),
        )
        if key not in self._predictors:
            seeded = replace(settings.finetune, seed=self._seed)
            encoders = {
                omic: self._encoder(data, omic, _as_far_as_read(settings, omic), model)
                for omic in data.omics
            }
            # What is drawn must not hang on which encoders were pretrained before.
            start_session(self._seed, seeded.precision)
            # Networks are weighed against what the closed form says of lines that it left out.
            leave_out = model.intervals or seeded.n_members > 0
            closed_form = self._closed_form(data, seeded.closed_form, model, leave_out=leave_out)
            fitted = fit_predictor(data, encoders, seeded, closed_form=closed_form)
            self._predictors[key] = fitted.predictor
        return self._predictors[key]

    def _closed_form(
        self,
        data: Prepared,
        settings: ClosedFormSettings | None,
        model: TrainedModel,
        *,
        leave_out: bool,
    ) -> CrossFittedClosedForm | None:
        if settings is None:
            return None
        omics = [str(omic) for omic in data.omics]
        key = identity_of(asdict(settings), omics, str(model.data), str(leave_out))
        if key not in self._closed_forms:
            fitted = CrossFittedClosedForm.fit(data, settings, leave_out=leave_out)
            self._closed_forms[key] = fitted
        return self._closed_forms[key]

    def _encoder(
        self, data: Prepared, omic: Omic, settings: PretrainSettings, model: TrainedModel
    ) -> TrainedEncoder:
        matters = model.data in OF_PRETRAINING or omic_permuted_by(model.data) is omic
        change = model.data if matters else None
        key = identity_of(str(omic), asdict(settings), str(change))
        if key not in self._encoders:
            seeded = replace(settings, seed=self._seed)
            start_session(self._seed, seeded.precision)
            tables = data.omics[omic]
            encoder = pretrain_omic(tables, data.splits, omic, seeded).autoencoder.encoder
            self._encoders[key] = TrainedEncoder(encoder, seeded.encoder, tables.space)
        return self._encoders[key]


def _as_far_as_read(settings: ModelSettings, omic: Omic) -> PretrainSettings:
    """Return how an omic is pretrained: not at all where no network reads its codes."""
    of_omic = settings.pretrain[omic]
    return of_omic if settings.finetune.n_members else replace(of_omic, epochs=0)
