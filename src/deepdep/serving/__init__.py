"""A model behind MLflow's pyfunc, and behind our own HTTP server; and the explorer's server.

MLflow finds ``_load_pyfunc`` here, by the name of this package.
"""


def _load_pyfunc(data_path: str) -> object:
    """Load a model's folder; MLflow calls this."""
    from deepdep.serving.pyfunc import load_pyfunc  # starts TensorFlow, of which a page has no use

    return load_pyfunc(data_path)


__all__ = ["_load_pyfunc"]
