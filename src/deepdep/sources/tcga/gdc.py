"""Files of the GDC that hold one sample each: STAR counts, betas of SeSAMe, copies of ASCAT."""

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
from deepdep.io.columns import MISSING, Choice, Columns, header_of, read_columns
from deepdep.io.names import refuse_repeated
from deepdep.sources.barcodes import require_one_length
from deepdep.sources.gene_names import Repeated, current_symbols, match_genes
from deepdep.sources.probes import ProbeChoice
from deepdep.sources.tcga.layouts import COMMENT, COPIES, PROBE
from deepdep.sources.tcga.tumors import SampleSheet, TumorTable
from deepdep.sources.units import Scale, turned

TEXTS = ("gene_id", "gene_name", "gene_type")
TPM = "tpm_unstranded"
SUMMARY = "N_"  # begins the four rows that count reads of no gene
CODING = "protein_coding"

OTHER_GENES = "has other genes than the other files"
WHOLE_FILES = "Bring files of one GDC release, and each of them whole"


@dataclass(frozen=True)
class _Files:
    """Files of one kind that the sample sheet names, one per sample, and the sample of each."""

    files: list[Path]
    samples: list[str]
    notes: Notes

    @classmethod
    def of(cls, what: str, sources: Sequence[Path], sheet: SampleSheet, notes: Notes) -> Self:
        """Choose the first by name of each sample; a BadFileError where no sheet names any."""
        if not sheet:
            raise BadFileError(
                sources[0],
                "no sample sheet tells which sample it is of",
                "Put the GDC's gdc_sample_sheet*.tsv into the folder that you import",
            )
        first: dict[str, Path] = {}
        for file in sorted(sources, key=lambda file: file.name):
            if file.name in sheet:
                first.setdefault(sheet[file.name], file)
        if not first:
            raise BadFileError(
                sources[0],
                "is not in the sample sheet, nor is any other of these files",
                "Bring the sheet that belongs to this download",
            )
        files = list(first.values())
        of_kind = notes.about(f"{what} of {counted(len(files), 'file')}")
        unlisted = [file.name for file in sources if file.name not in sheet]
        repeated = [file.name for file in sources if file.name in sheet and file not in files]
        of_kind.count(len(unlisted), "file", "left out, not in the sample sheet", unlisted)
        of_kind.count(len(repeated), "file", "left out, of a sample with another file", repeated)
        require_one_length(first, files[0].parent.parent, "sample")
        return cls(files, list(first), of_kind)

    @property
    def source(self) -> Path:
        """The file, or the folder of several."""
        return self.files[0] if len(self.files) == 1 else self.files[0].parent.parent

    def table(self, values: np.ndarray, features: Sequence[str]) -> pd.DataFrame:
        """Name values, shape (file, feature)."""
        index = pd.Index(self.samples, dtype=object)
        return pd.DataFrame(values, index=index, columns=pd.Index(list(features)))


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
        current = current_symbols(labels, genes, source, notes)
        named = np.flatnonzero(np.array(current) != "")
        codes, symbols = pd.factorize(np.array(current, dtype=object)[named])
        size.add(Count(len(symbols), "protein-coding gene"))
        n_added = len(codes) - len(symbols)
        size.count(n_added, "row", "added to another of the same gene, as TPM")
        return cls(texts["gene_id"].to_numpy(), coding[named], codes, pd.Index(symbols))

    def log_tpm(self, read: Columns, source: Path) -> np.ndarray:
        """Return log2(TPM+1) by symbol; BadFileError for a file with other rows."""
        ids = read.texts["gene_id"].to_numpy()
        if len(ids) != len(self.ids) or (ids != self.ids).any():
            raise BadFileError(source, OTHER_GENES, WHOLE_FILES)
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
    counts = _Files.of("STAR counts", sources, sheet, notes)
    first = counts.files[0]
    gene_rows = _Genes.of(_read(first, TEXTS), genes, first, counts.notes)
    logs = np.stack([gene_rows.log_tpm(_read(file, TEXTS[:1]), file) for file in counts.files])
    table = counts.table(logs, list(gene_rows.symbols))
    return TumorTable(Omic.EXPRESSION, table, counts.source, "GDC", "log2(TPM+1)")


def read_betas(
    sources: Sequence[Path], sheet: SampleSheet, notes: Notes, chosen: ProbeChoice | None = None
) -> TumorTable:
    """Read betas as SeSAMe writes them: a probe and its beta per line, without a header.

    ``chosen`` says which to keep. Probes that are on some arrays only are missing for samples of
    others; those that measure no methylation are left out.
    """
    betas = _Files.of("betas", sources, sheet, notes)
    if chosen is not None and chosen.names is None:
        raise BadFileError(
            betas.source,
            "holds one sample per file, of which no probe varies",
            "Choose probes by --probes or --promoters",
        )
    by_array: dict[tuple[str, ...], dict[str, np.ndarray]] = {}
    for file, sample in zip(betas.files, betas.samples, strict=True):
        first = header_of(file, COMMENT)  # a row like the others
        read = read_columns(file, lambda _: Choice([0], [1]), comment=COMMENT)
        probes = (first[0].strip(), *read.texts.iloc[:, 0].str.strip())
        refuse_repeated(probes, "row", file)
        beta = np.float32(np.nan if first[1] in MISSING else first[1])
        values = np.append(beta, read.numbers[:, 0])
        if chosen is not None:
            features, values = chosen.of_one_sample(probes, values)
            probes = tuple(features)
        by_array.setdefault(probes, {})[sample] = values
    tables = [
        pd.DataFrame(np.stack([*of_array.values()]), list(of_array), list(probes))
        for probes, of_array in by_array.items()
    ]
    if len(tables) > 1:
        betas.notes.add(f"{len(tables)} arrays with different probes, united")
    table = pd.concat(tables)
    by_gene = chosen is not None and chosen.genes is not None
    others = [probe for probe in table.columns if not (by_gene or PROBE.match(probe))]
    betas.notes.count(len(others), "row", "of no CpG probe left out", others)
    return TumorTable(Omic.METHYLATION, table.drop(columns=others), betas.source, "GDC")


def read_copies(
    sources: Sequence[Path], sheet: SampleSheet, genes: GeneTable, notes: Notes
) -> TumorTable:
    """Read ASCAT's copies, as log2 of the ratio to their mean over the genes of a sample."""
    copies = _Files.of("copies", sources, sheet, notes)
    read = {file: _read(file, COPIES[:2], COPIES[2]) for file in copies.files}
    first = copies.files[0]
    ids, names = (read[first].texts[column] for column in COPIES[:2])
    for file, columns in read.items():
        if not columns.texts["gene_id"].equals(ids):
            raise BadFileError(file, OTHER_GENES, WHOLE_FILES)
    labels = [f"{name} ({gene_id})" for name, gene_id in zip(names, ids, strict=True)]
    matched = match_genes(labels, genes, first, copies.notes, Repeated.KEEP_FIRST)
    by_gene = np.concatenate([columns.numbers for columns in read.values()], axis=1)
    table = copies.table(by_gene[matched.positions].T, matched.symbols)
    ratios = turned(table, Scale.COPIES, copies.source, copies.notes)
    return TumorTable(Omic.COPY_NUMBER, ratios.table, copies.source, "GDC", ratios.unit)


def _read(source: Path, texts: Sequence[str], number: str = TPM) -> Columns:
    def choose(header: list[str]) -> Choice:
        return Choice([header.index(name) for name in texts], [header.index(number)])

    return read_columns(source, choose, comment=COMMENT)
