"""The folder that ``prepare`` writes and every later stage reads."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pandas as pd

from deepdep.data.splits import Split, lines_of
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import GeneSets
from deepdep.domain.features import FeatureSpace, Translation
from deepdep.domain.fingerprints import Fingerprints
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import TableName, in_order
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.containers import read_gene_effect, write_gene_effect
from deepdep.io.documents import read_indexed_csv, write_indexed_csv
from deepdep.io.features import (
    read_feature_space,
    read_translations,
    write_feature_space,
    write_translations,
)
from deepdep.io.files import new_path, require_file
from deepdep.io.gene_sets import read_gene_sets, write_gene_sets
from deepdep.io.matrices import read_matrix, write_matrix
from deepdep.settings import read_settings


@dataclass(frozen=True)
class PreparedOmic:
    """One table of an omic in its feature space, standardised, NaN where nothing was measured."""

    cell_lines: pd.DataFrame  # (cell line, feature), every line that has it
    tumors: pd.DataFrame | None  # (tumour, feature)
    space: FeatureSpace


@dataclass(frozen=True)
class Prepared:
    """All that training reads."""

    omics: dict[str, PreparedOmic]  # by table that is read, such as ``mutation_mobem``
    cell_lines: pd.DataFrame  # obs of every cell line
    tumors: pd.DataFrame  # obs of every tumour; no row when there are none
    splits: pd.DataFrame  # labelled cell lines: patient_id, lineage, split
    gene_effect: GeneEffect  # labelled cell lines x genes
    gene_sets: GeneSets
    genes_without_fingerprint: list[str]
    background: GeneEffect  # every screened gene, of lines of all patients but those of the test
    translations: dict[str, Translation]  # by name of the supplement

    @property
    def profiles(self) -> dict[str, pd.DataFrame]:
        """Standardised profiles of the cell lines by omic, (cell line, feature)."""
        return {omic: tables.cell_lines for omic, tables in self.omics.items()}

    @property
    def tumor_profiles(self) -> dict[str, pd.DataFrame]:
        """Standardised profiles of the tumours, of the omics that tumours have."""
        return {o: tables.tumors for o, tables in self.omics.items() if tables.tumors is not None}

    @property
    def features(self) -> dict[str, FeatureSpace]:
        """What the profiles' features are, and how they were scaled."""
        return {omic: tables.space for omic, tables in self.omics.items()}

    @property
    def genes(self) -> pd.Index:
        """The genes to learn, those of the labels."""
        return self.gene_effect.table.columns

    @property
    def fingerprints(self) -> Fingerprints:
        """The gene sets that each gene is in."""
        return Fingerprints.of_genes(list(self.genes), self.gene_sets)

    def lines(self, *parts: Split) -> pd.Index:
        """Names of the labelled cell lines that are in these parts of the split."""
        return lines_of(self.splits, *parts)

    def labels(self, *parts: Split) -> pd.DataFrame:
        """Gene effects of the lines of these parts, (cell line, gene); NaN where not screened."""
        return self.gene_effect.table.loc[self.lines(*parts)]

    def measured(self, gene: str) -> pd.Series:
        """Measured effects of any gene by cell line, of lines that were screened for it, if any."""
        for effects in (self.gene_effect, self.background):
            if gene in effects.table:
                return effects.table[gene].dropna()
        return pd.Series(dtype=float)

    def require_test_lines(self, purpose: str) -> pd.Index:
        """Return the lines of the test; DeepDEPError where the split keeps none."""
        if (lines := self.lines(Split.TEST)).empty:
            raise DeepDEPError(
                f"prepare.split.test is 0: {purpose} is judged on test lines, and there are none; "
                "set a share above 0 in params.yaml and run `dvc repro`."
            )
        return lines

    def samples(self, lines: pd.Index) -> StandardizedSamples:
        """Cell lines as models predict them."""
        return StandardizedSamples(self.profiles, self.cell_lines.loc[lines])

    def with_every_line(self) -> "Prepared":
        """Return the same data with the test's lines to learn from, and nobody to judge.

        What was learned from training lines alone, such as features and scales, stays.
        """
        test, background = self.lines(Split.TEST), self.background
        of_test = self.splits.loc[test]
        labels = [background.table[self.genes], self.gene_effect.table.loc[test]]
        patient_id = pd.concat([cast(pd.Series, background.patient_id), of_test["patient_id"]])
        lineage = background.lineage
        return replace(
            self,
            splits=self.splits.replace({"split": {str(Split.TEST): str(Split.TRAIN)}}),
            background=GeneEffect(
                pd.concat(labels),
                background.kind,
                patient_id,
                None if lineage is None else pd.concat([lineage, of_test["lineage"]]),
            ),
        )

    @property
    def counts(self) -> dict[str, int]:
        """Sizes worth tracking, by name."""
        parts = self.splits["split"].value_counts()
        return {
            "n_tumors": len(self.tumors),
            "n_cell_lines": len(self.cell_lines),
            "n_genes": self.gene_effect.table.shape[1],
            "n_gene_sets": len(self.gene_sets),
            "n_genes_without_fingerprint": len(self.genes_without_fingerprint),
            **{f"n_lines_{part}": int(parts.get(part, 0)) for part in sorted(Split)},
            **{f"n_features_{omic}": len(t.space.table) for omic, t in self.omics.items()},
        }


def read_omics(params: Path, *, tuned: Path | None = None) -> tuple[str, ...]:
    """Return the tables of omics that the pipeline reads, in their order.

    ``tuned`` is the file that tuning wrote; it may leave some out.
    """
    chosen = read_settings(params, "omics", list[TableName], tuned=tuned)
    twice = [name for name in in_order(set(chosen)) if chosen.count(name) > 1]
    if twice or not chosen:
        problem = f"names {shown(twice)} twice" if twice else "names no table"
        raise BadFileError(params, problem, "Name each table to read once", where="omics")
    return tuple(in_order(chosen))


def write_prepared(prepared: Prepared, folder: Path) -> None:
    """Write the whole folder, or nothing."""
    with new_path(folder) as path:
        path.mkdir()
        for omic, tables in prepared.omics.items():
            (path / omic).mkdir()
            write_matrix(tables.cell_lines, path / omic / "cell_lines.h5ad")
            if tables.tumors is not None:
                write_matrix(tables.tumors, path / omic / "tumors.h5ad")
            write_feature_space(tables.space, path / omic / "features")
        write_indexed_csv(prepared.cell_lines, path / "cell_lines.csv", "cell_line")
        write_indexed_csv(prepared.tumors, path / "tumors.csv", "tumor")
        write_indexed_csv(prepared.splits, path / "splits.csv", "cell_line")
        write_gene_effect(prepared.gene_effect, path / "gene_effect.h5ad")
        write_gene_effect(prepared.background, path / "background.h5ad")
        write_gene_sets(prepared.gene_sets, path / "gene_sets.gmt")
        write_translations(prepared.translations, path)
        lines = "".join(f"{gene}\n" for gene in prepared.genes_without_fingerprint)
        (path / "genes_without_fingerprint.txt").write_text(lines, encoding="utf-8")


def read_prepared(folder: Path, omics: Collection[str]) -> Prepared:
    """Read what ``write_prepared`` wrote, with these omics."""
    tables = {omic: read_prepared_omic(folder / omic) for omic in omics}
    translations = read_translations(folder)
    bare = folder / "genes_without_fingerprint.txt"
    require_file(bare, "Run `dvc repro prepare`")
    return Prepared(
        omics=tables,
        cell_lines=read_indexed_csv(folder / "cell_lines.csv"),
        tumors=read_indexed_csv(folder / "tumors.csv"),
        splits=read_indexed_csv(folder / "splits.csv"),
        gene_effect=read_gene_effect(folder / "gene_effect.h5ad"),
        gene_sets=read_gene_sets(folder / "gene_sets.gmt"),
        genes_without_fingerprint=bare.read_text(encoding="utf-8").splitlines(),
        background=read_gene_effect(folder / "background.h5ad"),
        translations={name: t for name, t in translations.items() if t.omic in omics},
    )


def read_prepared_omic(folder: Path) -> PreparedOmic:
    """Read a table of an omic."""
    if not folder.is_dir():
        raise BadFileError(folder, "was not prepared", "Run `dvc repro prepare` first")
    tumors = folder / "tumors.h5ad"
    return PreparedOmic(
        cell_lines=read_matrix(folder / "cell_lines.h5ad"),
        tumors=read_matrix(tumors) if tumors.exists() else None,
        space=read_feature_space(folder / "features"),
    )
