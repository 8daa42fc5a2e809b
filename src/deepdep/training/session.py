"""The state that Keras keeps for a whole process."""

import keras


def start_session(seed: int) -> None:
    """Forget earlier models and seed every draw that Keras makes by itself."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
