"""The closed-form part of a predictor: lines that look alike need the same genes."""

from deepdep.models.kernel.fit import FittedKernel, KernelLabels, fit_kernel_part
from deepdep.models.kernel.part import KernelPart
from deepdep.models.kernel.settings import KernelSettings

__all__ = ["FittedKernel", "KernelLabels", "KernelPart", "KernelSettings", "fit_kernel_part"]
