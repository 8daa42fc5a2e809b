"""Files of the GDC that hold one sample each, in a folder of its own: STAR counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Count, Notes, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import Choice, Columns, read_columns
from deepdep.sources.barcodes import require_one_length
from deepdep.sources.gene_names import current_symbols
from deepdep.sources.tcga.layouts import COMMENT
from deepdep.sources.tcga.tumors import SampleSheet, TumorTable

TEXTS = ("gene_id", "gene_name", "gene_type")
TPM = "tpm_unstranded"
SUMMARY = "N_"  # begins the four rows that count reads of no gene
CODING = "protein_coding"


@dataclass(frozen=True)
class _Genes:
    """Genes of the GDC's annotation, the same in all files of a release.

    Attributes
    ----------
    ids
        Ensembl ids with version, in the order of the rows, summaries included.
    rows
        Rows of protein-coding genes.
    codes
        Which of ``symbols`` each of these rows counts for.
    """

    ids: np.ndarray
    rows: np.ndarray
    codes: np.ndarray
    symbols: pd.Index

    @classmethod
    def of(cls, read: Columns, genes: GeneTable, source: Path, notes: Notes) -> Self:
        """Find the protein-coding genes of one file; BadFileError where there is none."""
        texts = read.texts
        coding = np.flatnonzero(
            texts["gene_type"].eq(CODING) & ~texts["gene_id"].str.startswith(SUMMARY)
        )
        if not len(coding):
            raise BadFileError(
                source, f"has no gene of type {CODING}", "Bring the file again", where="gene_type"
            )
        rows = texts.iloc[coding]
        labels = [f"{n} ({i})" for n, i in zip(rows["gene_name"], rows["gene_id"], strict=True)]
        size = notes.place()
        known = current_symbols(labels, genes, source, notes)
        named = np.flatnonzero(np.array(known) != "")
        codes, symbols = pd.factorize(np.array(known, dtype=object)[named])
        size.add(Count(len(symbols), "protein-coding gene"))
        n_added = len(codes) - len(symbols)
        size.count(n_added, "row", "added to another of the same gene, as TPM")
        return cls(texts["gene_id"].to_numpy(), coding[named], codes, pd.Index(symbols))

    def log_tpm(self, read: Columns, source: Path) -> np.ndarray:
        """Return log2(TPM+1) by symbol; BadFileError for a file with other rows."""
        ids = read.texts["gene_id"].to_numpy()
        if len(ids) != len(self.ids) or (ids != self.ids).any():
            raise BadFileError(
                source,
                "has other genes than the other files",
                "Bring files of one GDC release, and each of them whole",
            )
        tpm = read.numbers[self.rows, 0].astype(np.float64)
        wrong = ~(tpm >= 0)
        if wrong.any():
            where = f"row {ids[self.rows[int(np.argmax(wrong))]]!r}"
            problem = f"{TPM} is missing or negative"
            raise BadFileError(source, problem, "Bring the file again", where=where)
        by_symbol = np.bincount(self.codes, weights=tpm, minlength=len(self.symbols))
        return np.log2(by_symbol + 1).astype(np.float32)


def read_star_counts(
    sources: Sequence[Path], sheet: SampleSheet, genes: GeneTable, notes: Notes
) -> TumorTable:
    """Read log2(TPM+1) of protein-coding genes, one file per sample, unstranded.

    TPM of rows with the same gene are added up. Files that the sample sheet does not name are
    left out; of several files of a sample the first by name is taken.
    """
    samples = _samples(sources, sheet)
    files = list(samples.index)
    notes = notes.about(f"STAR counts of {counted(len(files), 'file')}")
    unlisted = [file.name for file in sources if file.name not in sheet]
    repeated = [file.name for file in sources if file.name in sheet and file not in samples.index]
    notes.count(len(unlisted), "file", "left out, not in the sample sheet", unlisted)
    notes.count(len(repeated), "file", "left out, of a sample with another file", repeated)
    known = _Genes.of(_read(files[0], TEXTS), genes, files[0], notes)
    logs = np.stack([known.log_tpm(_read(file, TEXTS[:1]), file) for file in files])
    names = pd.Index(samples.to_numpy(), dtype=object)
    return TumorTable(
        omic=Omic.EXPRESSION,
        values=pd.DataFrame(logs, index=names, columns=known.symbols),
        source=files[0] if len(files) == 1 else files[0].parent.parent,
        release="GDC",
        unit="log2(TPM+1)",
    )


def _samples(sources: Sequence[Path], sheet: SampleSheet) -> pd.Series:
    """Sample by file; where a sample has several files, the first by name."""
    if not sheet:
        raise BadFileError(
            sources[0],
            "no sample sheet tells which sample it is of",
            "Put the GDC's gdc_sample_sheet*.tsv into the folder that you import",
        )
    listed = sorted((file for file in sources if file.name in sheet), key=lambda file: file.name)
    if not listed:
        raise BadFileError(
            sources[0],
            "is not in the sample sheet, nor is any other of these files",
            "Bring the sheet that belongs to this download",
        )
    samples = pd.Series([sheet[file.name] for file in listed], index=listed, dtype=object)
    samples = samples[~samples.duplicated()]
    require_one_length(samples, listed[0].parent.parent, "sample")
    return samples


def _read(source: Path, texts: Sequence[str]) -> Columns:
    def choose(header: list[str]) -> Choice:
        return Choice([header.index(name) for name in texts], [header.index(TPM)])

    return read_columns(source, choose, comment=COMMENT)
