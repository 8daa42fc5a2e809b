"""The predictor as a notebook works with it: it fits, predicts, is saved and loaded.

What a training leaves behind, ``models.predictor.TrainedPredictor``, cannot fit itself: ``models``
does not import ``training``. This thin class stands where both can be had, and does by one call
what the stages ``pretrain`` and ``finetune`` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Samples
from deepdep.errors import DeepDEPError
from deepdep.models import Predicted, Progress, TrainedEncoder, load_predictor, save_predictor
from deepdep.models.artifacts import HISTORY
from deepdep.training.cross_fit import FinetunedPredictor, fit_predictor
from deepdep.training.pretrain import pretrain_omic
from deepdep.training.session import start_session
from deepdep.training.settings import TrainingSettings


@dataclass(frozen=True)
class Predictor:
    """Networks and a closed form that predict gene effects of samples.

    Attributes
    ----------
    settings
        What ``fit`` trains by; None of a loaded predictor, which is trained already.
    fitted
        What predicts, and the curves of its networks; None before ``fit``.

    Examples
    --------
    >>> predictor = deepdep.Predictor(settings.training).fit(prepared)
    >>> predicted = predictor.predict(cohort.tumors, ["BRAF", "WRN"])
    >>> predicted.effect.shape
    (120, 2)
    >>> predictor.save(folder / "mine")
    >>> again = deepdep.Predictor.load(folder / "mine").predict(cohort.tumors, ["BRAF", "WRN"])
    >>> np.allclose(again.effect, predicted.effect, atol=1e-5)
    True
    """

    settings: TrainingSettings | None
    fitted: FinetunedPredictor | None = None

    def fit(self, prepared: Prepared) -> "Predictor":
        """Return this predictor trained: autoencoders first, then networks and closed form.

        No line of the test split is looked at. The same data and settings give the same bits.
        """
        if self.settings is None:
            raise DeepDEPError("this predictor was loaded, and has no settings to be fitted by.")
        encoders = {}
        for omic, tables in prepared.omics.items():
            settings = self.settings.pretrain[omic]
            start_session(settings.seed, settings.precision)
            pretrained = pretrain_omic(tables, prepared.splits, omic, settings)
            encoder = pretrained.autoencoder.encoder
            encoders[omic] = TrainedEncoder(encoder, settings.encoder, tables.space)
        finetune = self.settings.finetune
        start_session(finetune.seed, finetune.precision)
        return replace(self, fitted=fit_predictor(prepared, encoders, finetune))

    def predict(
        self,
        samples: Samples | StandardizedSamples,
        genes: Sequence[str] | None = None,
        *,
        file_name: str = "samples",
        progress: Progress | None = None,
    ) -> Predicted:
        """Predict gene effects, by default of all genes that were learned.

        See ``TrainedPredictor.predict``.
        """
        trained = self._require_fitted().predictor
        return trained.predict(samples, genes, file_name=file_name, progress=progress)

    def save(self, folder: Path | str) -> None:
        """Write a folder that ``load`` and ``deepdep predict --model`` read."""
        fitted = self._require_fitted()
        save_predictor(fitted.predictor, fitted.history, Path(folder))

    @classmethod
    def load(cls, folder: Path | str) -> "Predictor":
        """Load a folder whose files are as its manifest says; nothing is unpickled."""
        trained = load_predictor(Path(folder))
        return cls(None, FinetunedPredictor(trained, pd.read_csv(Path(folder) / HISTORY)))

    def _require_fitted(self) -> FinetunedPredictor:
        if self.fitted is None:
            raise DeepDEPError("this predictor was not fitted; call fit(prepared) first.")
        return self.fitted
