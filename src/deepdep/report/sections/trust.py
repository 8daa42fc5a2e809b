"""How far each gene's predictions can be believed, as every table of predictions shows it."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from deepdep.analysis.dependency_map import plausible_r
from deepdep.report.document import Cell, Column, interval, number
from deepdep.report.results import Predictions, Results


@dataclass(frozen=True)
class Trust:
    """Accuracy of each gene on patients that the predicting model had not seen.

    Attributes
    ----------
    genes
        Columns ``r``, ``low`` and ``high`` (95 % interval) and ``trusted``, one row per gene.
    name
        Of the r, as a heading.
    origin
        Where it was measured, as the end of a sentence.
    rule
        When a gene is trusted, as the note under a heading.
    """

    genes: pd.DataFrame
    name: str
    origin: str
    rule: str = "interval above 0"

    @property
    def columns(self) -> tuple[Column, ...]:
        """Headings of ``cells``."""
        return (
            Column(self.name, "number", "on unseen patients"),
            Column("95 % interval", "number", "of that r"),
            Column("trusted", "text", self.rule),
        )

    def cells(self, gene: str) -> list[Cell]:
        """Return r, its interval and the verdict of one gene."""
        of = self.genes.loc[gene]
        return [
            number(of["r"], 2),
            interval(of["low"], of["high"], 2),
            "yes" if of["trusted"] else "no",
        ]

    def words(self, gene: str) -> str:
        """Return r and its interval in a few letters."""
        of = self.genes.loc[gene]
        return f"r {number(of['r'], 2)} ({interval(of['low'], of['high'], 2)})"

    def emphasis(self, gene: str) -> Literal["", "muted"]:
        """Grey a gene that is not trusted."""
        return "" if self.genes.loc[gene, "trusted"] else "muted"


def trust_of(results: Results, samples: Predictions) -> Trust:
    """Take cross-validated r where the predictor has it, else r on the test lines."""
    genes = samples.genes
    if genes["cv_r"].notna().any():
        table = genes[["cv_r", "cv_r_low", "cv_r_high"]].set_axis(["r", "low", "high"], axis=1)
        return Trust(
            table.assign(trusted=genes["trusted"] == 1),
            "cross-validated r",
            "when its patient was left out of training (cross-validated r)",
            "q below 0.05",
        )
    of_predictor = results.per_gene[results.per_gene["model"] == "predictor"]
    n_lines = of_predictor.set_index("gene")["n_lines"].reindex(genes.index).astype(float)
    ends = plausible_r(genes["test_r"], n_lines)
    return Trust(
        ends.assign(r=genes["test_r"], trusted=ends["low"] > 0),
        "test r",
        "in cell lines of unseen patients (test r)",
    )
