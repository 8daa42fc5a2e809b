"""Columns of the tables of results: one room writes a table, and others read it.

A module of its own, since the writers (``statistics``, ``evaluation``, ``experiments``,
``tuning``) and the readers (``report``) stand on either side of one another.
"""

# reports/per_gene.csv
PER_GENE = (
    "gene", "model", "r", "spearman", "mse", "n_lines", "coverage", "interval_width", "selective",
    "dependent_share", "sd",
)  # fmt: skip

# Of each gene over the lines learned from.
GENE_STATISTICS = ("training_mean", "dependent_share", "sd")

# What cross-fitting tells of each gene; ``trusted`` is 1 or 0.
CROSS_VALIDATED = ("cv_r", "cv_r_low", "cv_r_high", "trusted", "half_width")

# reports/learning_curve.csv and reports/pretraining_gain.csv
LEARNING_CURVE = ("n_lines", "model", "mean_gene_r", "low", "high")

# reports/tuning_gain.csv
TUNING_GAIN = (
    "split", "settings", "mean_gene_r", "low", "high", "lowest_seed", "highest_seed", "n_lines"
)  # fmt: skip

# tuning/trials.csv, in which the settings that were searched follow; and tuning/importances.csv
TRIALS = ("number", "state", "value")
IMPORTANCES = ("setting", "importance")
