"""Pretraining and fine-tuning."""

import deepdep.models  # noqa: F401  # keeps TensorFlow quiet when it starts
