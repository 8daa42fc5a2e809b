"""What the kernel part chooses from."""

from dataclasses import dataclass

from deepdep.domain.settings import Settings


@dataclass(frozen=True)
class KernelSettings(Settings):
    """The ``finetune.kernel`` group of params.yaml.

    Where several values are given, patients left out decide; the search starts from the first.
    """

    omic_weights: tuple[float, ...]  # of an omic beside the one that predicts best alone
    widths: tuple[float, ...]  # of the Gaussian, per mean squared distance; 0 is a linear kernel
    smoothing: tuple[
        float, ...
    ]  # how far labels are drawn to what other genes say; 0 is not at all
    penalties: tuple[float, ...]  # of ridge; 1 is the mean eigenvalue of the kernel
    fill_penalty: float  # of ridge where an omic is filled from the others, in the same unit
    n_folds: int  # of the patients
