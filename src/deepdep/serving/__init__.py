"""A model behind MLflow's pyfunc, and behind our own HTTP server; both are asked the same way.

MLflow finds ``_load_pyfunc`` here, by the name of this package.
"""

from deepdep.serving.pyfunc import load_pyfunc as _load_pyfunc

__all__ = ["_load_pyfunc"]
