"""What validation knows of the features of a table: one row per feature, never its values."""

import numpy as np
import pandas as pd

FEATURES_AT_A_TIME = 256  # keeps a block and what is made of it in the processor's cache


def feature_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Describe each feature of a table (sample, feature).

    Returns
    -------
    One row per feature, in order: ``feature``, ``n`` (finite values), ``n_infinite``,
    ``n_fractional`` (values that are not whole), ``missing_share``, ``minimum``, ``maximum``,
    ``mean`` and ``sd`` of the finite values (NaN where there are too few), ``constant``, and
    ``n_twins``, how many other features have the same values in all samples (0 for constants,
    which are told apart).
    """
    starts = range(0, max(table.shape[1], 1), FEATURES_AT_A_TIME)
    blocks = [table.iloc[:, start : start + FEATURES_AT_A_TIME].to_numpy() for start in starts]
    described = [_describe(_features_in_rows(block)) for block in blocks]
    columns = {name: np.concatenate([of[name] for of in described]) for name in described[0]}
    profile = pd.Series(columns.pop("profile"))
    of_profile = profile.groupby(profile).transform("size")
    summary = pd.DataFrame({"feature": table.columns.astype(str), **columns})
    tells = ~summary["constant"] & (summary["n"] > 0)
    return summary.assign(n_twins=(of_profile - 1).where(tells, 0))


def _features_in_rows(values: np.ndarray) -> np.ndarray:
    """Return a block (feature, sample) in which equal numbers have equal bits."""
    numbers = values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float32)
    block = np.ascontiguousarray(numbers.T) + 0  # which also makes 0 of -0
    missing = np.isnan(block)
    if missing.any():
        block[missing] = np.nan  # one of many bit patterns
    return block


def _describe(block: np.ndarray) -> dict[str, np.ndarray]:
    n_samples = block.shape[1]
    finite = np.isfinite(block)
    n = finite.sum(axis=1)
    n_missing = 0 * n if finite.all() else np.isnan(block).sum(axis=1)
    low, high, known = block, block, block
    if not finite.all():
        low, high, known = (np.where(finite, block, other) for other in (np.inf, -np.inf, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = known.sum(axis=1, dtype=np.float64) / n
        deviation = known - mean[:, None].astype(block.dtype)
        deviation *= finite
        squares = np.square(deviation, out=deviation).sum(axis=1, dtype=np.float64)
        sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
        missing_share = n_missing / n_samples
    minimum = low.min(axis=1, initial=np.inf)
    maximum = high.max(axis=1, initial=-np.inf)
    return {
        "n": n,
        "n_infinite": n_samples - n - n_missing,
        "n_fractional": (finite & (known != np.rint(known))).sum(axis=1),
        "missing_share": missing_share,
        "minimum": np.where(n > 0, minimum, np.nan).astype(np.float64),
        "maximum": np.where(n > 0, maximum, np.nan).astype(np.float64),
        "mean": mean,
        "sd": np.where(minimum == maximum, 0 * sd, sd),
        "constant": minimum == maximum,
        "profile": np.array([hash(feature.tobytes()) for feature in block], dtype=np.int64),
    }
