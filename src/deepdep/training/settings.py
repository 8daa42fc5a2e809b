"""The groups ``pretrain`` and ``finetune`` of params.yaml.

Apart from the trainings that they configure, for whom these are only read: Keras takes seconds to
load.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from pydantic import TypeAdapter

from deepdep.domain.omics import TableName
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.settings import Settings, merged

Precision = Literal["float32", "mixed_bfloat16"]  # of the products; weights are float32 in both
OptimizerName = Literal["adam", "muon"]

VALIDATION_R = "val_mean_gene_r"


@dataclass(frozen=True)
class PretrainSettings(Settings):
    """What ``pretrain.common`` and ``pretrain.OMIC`` of params.yaml say of one omic."""

    encoder: EncoderSettings
    loss: Literal["by_unit", "mse"]  # by unit: cross-entropy for bits, else the squared error
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    patience: int  # epochs without a better held-out reconstruction before stopping
    held_out: float  # share of the samples that only judge; 0 trains all epochs on all
    without_tumors: Literal["cell_lines", "untrained"]  # what an omic without tumours starts from
    precision: Precision
    xla: bool
    seed: int


@dataclass(frozen=True)
class FinetuneSettings(Settings):
    """The ``finetune`` group of params.yaml."""

    network: PredictorSettings
    encoders: Literal["trainable", "frozen"]
    optimizer: OptimizerName
    learning_rate: float
    weight_decay: float
    lines_per_block: int
    genes_per_block: int | None  # null takes all
    drawn_genes: int | None  # that a block of lines shows per epoch, drawn anew; null is all
    epochs: int
    watch: Literal["val_mean_gene_r", "val_loss"]  # on validation lines; decides when to stop
    patience: int  # epochs without a better figure before stopping
    restore_best: bool  # go back to the best epoch at the end
    precision: Precision
    xla: bool
    n_members: int  # networks, each stopped on other patients; 1 by the split's, 0 for none
    closed_form: ClosedFormSettings | None  # beside the networks; null leaves them alone
    seed: int


@dataclass(frozen=True)
class TrainingSettings:
    """The groups ``pretrain``, by omic, and ``finetune`` of params.yaml."""

    pretrain: Mapping[str, PretrainSettings]  # of the omics that are read
    finetune: FinetuneSettings

    @classmethod
    def tuned(
        cls,
        omics: tuple[str, ...],
        pretrain: PretrainSettings,
        finetune: FinetuneSettings,
        best: Mapping[str, Any],
    ) -> Self:
        """Lay the values of tuning/best.yaml over what trials train with; it may be empty."""
        base = {
            "omics": list(omics),
            "pretrain": {str(omic): asdict(pretrain) for omic in omics},
            "finetune": asdict(finetune),
        }
        tree = merged(base, best)
        used = TypeAdapter(list[TableName]).validate_python(tree["omics"])
        of_omics = {omic: tree["pretrain"][omic] for omic in used}
        return cls(
            TypeAdapter(dict[TableName, PretrainSettings]).validate_python(of_omics),
            TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
        )
