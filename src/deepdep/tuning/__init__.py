"""The only door to Optuna: which settings do best on validation patients."""
