"""Pretraining and fine-tuning."""

import deepdep.models  # noqa: F401  # starts TensorFlow, quietly
