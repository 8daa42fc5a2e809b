"""What tables of mutations of the same lines agree in, and what each is worth beside expression.

``python benchmarks/mutation_tables.py FOLDER`` reads ``cell_lines/expression``, every
``cell_lines/mutation*`` and ``gene_effect/dependency_class_22q1`` of a folder of tables. Worth is
the mean over genes of Pearson's r of left-out lines, by kernel ridge on expression and one table:
K = (1 - w) expression + w mutations, with the penalty that is best over all folds.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

WEIGHTS = (0.03, 0.1, 0.3)
PENALTIES = (0.3, 1.0, 3.0)
N_FOLDS, SEED = 5, 1
FEWEST_DEPENDENT = 10  # lines, of a gene that is looked at
DRIVERS = ("KRAS", "NRAS", "BRAF", "PIK3CA", "CTNNB1", "APC", "TP53", "PTEN", "RB1", "SMARCA4")


def main(folder: Path) -> None:
    files = sorted((folder / "cell_lines").glob("mutation*.parquet"))
    tables = {file.stem: pd.read_parquet(file).astype(float) for file in files}
    print(described(tables).to_string(), end="\n\n")
    print(agreement(tables).to_string(index=False), end="\n\n")
    expression = pd.read_parquet(folder / "cell_lines" / "expression.parquet")
    effect = -pd.read_parquet(folder / "gene_effect" / "dependency_class_22q1.parquet")
    print(worth(tables, expression, effect.where(effect <= 0)).to_string(index=False))


def described(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Count what each table holds, and name the genes that it has mutated most often."""
    return pd.DataFrame(
        {
            name: {
                "lines": len(table),
                "genes": table.shape[1],
                "mutated genes per line, median": table.sum(axis=1).median(),
                "most often mutated": ", ".join(
                    f"{gene} {share:.0%}"
                    for gene, share in table.mean().sort_values(ascending=False)[:6].items()
                ),
                "of ten drivers": ", ".join(gene for gene in DRIVERS if gene in table),
            }
            for name, table in tables.items()
        }
    ).T


def agreement(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare calls of the lines and genes that two tables share."""
    rows = []
    for first, one in tables.items():
        for second, other in tables.items():
            lines = one.index.intersection(other.index)
            genes = one.columns.intersection(other.columns)
            a, b = (each.loc[lines, genes].to_numpy() > 0 for each in (one, other))
            if first != second and a.any():
                share = f"{(a & b).sum() / a.sum():.0%}"
                rows.append((first, second, len(lines), len(genes), int(a.sum()), share))
    names = ["calls of", "also in", "lines", "genes", "calls", "share that is there too"]
    return pd.DataFrame(rows, columns=names)


def worth(
    tables: dict[str, pd.DataFrame], expression: pd.DataFrame, effect: pd.DataFrame
) -> pd.DataFrame:
    """Return mean r with expression alone and with each table beside it, of the same lines."""
    lines = effect.index.intersection(expression.index)
    for name in ("mutation", "mutation_gdsc", "mutation_mobem"):
        lines = lines.intersection(tables[name].index)
    effect = effect.loc[lines]
    effect = effect.loc[:, (effect < 0).sum() >= FEWEST_DEPENDENT]
    labels = effect.fillna(effect.mean()).to_numpy(float)
    fold = np.random.default_rng(SEED).permutation(len(lines)) % N_FOLDS
    base = kernel(expression.loc[lines])
    drivers = effect.columns.isin(DRIVERS)
    alone = best_r(base, labels, fold)
    driven = best_r(base, labels[:, drivers], fold)
    sizes = (len(lines), labels.shape[1])
    rows = [("expression", "", *sizes, f"{alone:.4f}", "", f"{driven:.3f}")]
    for name in ("mutation", "mutation_gdsc", "mutation_mobem"):
        of_table = kernel(tables[name].loc[lines])
        for weight in WEIGHTS:
            both = (1 - weight) * base + weight * of_table
            r, of_drivers = best_r(both, labels, fold), best_r(both, labels[:, drivers], fold)
            found = (f"{r:.4f}", f"{r - alone:+.4f}", f"{of_drivers:.3f}")
            rows.append((f"and {name}", weight, *sizes, *found))
    names = ["read", "weight", "lines", "genes", "mean r", "gain", "mean r of drivers"]
    return pd.DataFrame(rows, columns=names)


def kernel(table: pd.DataFrame) -> np.ndarray:
    """Return the centred linear kernel of a table's features, of mean diagonal 1."""
    values = table.fillna(table.mean()).to_numpy(float)
    values = values - values.mean(axis=0)
    product = values @ values.T
    return product / np.mean(np.diag(product))


def best_r(similarity: np.ndarray, labels: np.ndarray, fold: np.ndarray) -> float:
    """Return the mean over folds and genes of r, with the penalty that is best."""
    rs = [
        [fold_r(similarity, labels, fold == k, penalty) for k in range(N_FOLDS)]
        for penalty in PENALTIES
    ]
    return float(np.max(np.mean(rs, axis=1)))


def fold_r(similarity: np.ndarray, labels: np.ndarray, test: np.ndarray, penalty: float) -> float:
    """Return the mean r of genes over the test lines of one fold."""
    train = ~test
    mean = labels[train].mean(axis=0)
    ridge = similarity[np.ix_(train, train)] + penalty * np.eye(train.sum())
    found = similarity[np.ix_(test, train)] @ np.linalg.solve(ridge, labels[train] - mean)
    a, b = found - found.mean(axis=0), labels[test] - labels[test].mean(axis=0)
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return float(np.mean(((a * b).sum(axis=0) / np.where(scale > 0, scale, 1))[scale > 0]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
