"""Cross-validation of every model on the same folds: ``deepdep benchmark``."""
