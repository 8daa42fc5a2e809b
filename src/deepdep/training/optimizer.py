"""Optimizers whose pass over the weights is one operation, as the large first layers need it."""

import re
from collections.abc import Iterable

import keras
import tensorflow as tf

from deepdep.training.settings import OptimizerName

# Found by benchmarks/converge.py for the published network in blocks of all lines x 40 genes.
MUON_MOMENTUM = 0.9
ADAM_SHARE = 0.1  # of Muon's rate, for the weights that Adam takes
ADAM_BETA_2 = 0.99  # hundreds of steps, not thousands

LARGEST_FOR_MUON = 1 << 18  # weights of a kernel; its products grow with the square of the width


def build_optimizer(
    name: OptimizerName, network: keras.Model, *, learning_rate: float, weight_decay: float
) -> keras.optimizers.Optimizer:
    """Return the optimizer that the settings name, with decoupled weight decay.

    Muon (Jordan et al. 2024, as Keras has it) gives every direction of a kernel's gradient the
    same weight, which takes large blocks to the same accuracy in far fewer steps. Kernels above
    ``LARGEST_FOR_MUON`` and biases are Adam's.
    """
    decay = weight_decay or None  # without decay a pass over all weights is skipped
    if name == "adam":
        return Adam(learning_rate, weight_decay=decay)
    large = [
        v.path
        for v in network.trainable_variables
        if v.value.shape.num_elements() > LARGEST_FOR_MUON
    ]
    return Muon(
        learning_rate,
        momentum=MUON_MOMENTUM,
        adam_lr_ratio=ADAM_SHARE,
        adam_beta_2=ADAM_BETA_2,
        adam_weight_decay=decay,
        weight_decay=decay,
        exclude_layers=[f"^{re.escape(path)}$" for path in large],
    )


Gradients = Iterable[tuple[tf.Tensor, tf.Variable]]


class OneReplica:
    """Sums gradients over no other replicas.

    Keras's own sum registers a gradient function for each training, in a register that TensorFlow
    never empties: a process that trains often would keep every graph, and what the graph reads.
    """

    def _all_reduce_sum_gradients(self, grads_and_vars: Gradients) -> Gradients:
        return grads_and_vars


class Adam(OneReplica, keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) in one operation of TensorFlow; Keras's own makes ten passes."""

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        """Move a variable."""
        index = self._get_variable_index(variable)
        _move(
            variable,
            gradient,
            moments=(self._momentums[index], self._velocities[index]),
            betas=(self.beta_1, self.beta_2),
            step=self.iterations + 1,
            learning_rate=learning_rate,
            epsilon=self.epsilon,
        )


class Muon(OneReplica, keras.optimizers.Muon):
    """Keras's Muon, with ``Adam`` for the variables that are not Muon's."""

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        """Move a variable."""
        index = self._get_variable_index(variable)
        velocity = self.adam_velocities[index]
        if velocity is None:
            super().update_step(gradient, variable, learning_rate)
            return
        _move(
            variable,
            gradient,
            moments=(self.momentums[index], velocity),
            betas=(self.adam_beta_1, self.adam_beta_2),
            step=self.iterations + 1,
            learning_rate=learning_rate * self.adam_lr_ratio,
            epsilon=self.epsilon,
        )


def _move(
    variable: tf.Variable,
    gradient: tf.Tensor,
    *,
    moments: tuple[keras.Variable, keras.Variable],
    betas: tuple[float, float],
    step: tf.Tensor,
    learning_rate: tf.Tensor,
    epsilon: float,
) -> None:
    momentum, velocity = moments
    count = tf.cast(step, variable.dtype)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=momentum.value.handle,
        v=velocity.value.handle,
        beta1_power=betas[0] ** count,
        beta2_power=betas[1] ** count,
        lr=tf.cast(learning_rate, variable.dtype),
        beta1=betas[0],
        beta2=betas[1],
        epsilon=epsilon,
        grad=gradient,
    )
