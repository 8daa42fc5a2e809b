"""Which probes of a methylation array are kept, chosen while its table is read.

All of 450,000 probes x 10,000 samples fit into no laptop.
"""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import dropwhile
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.columns import KeptRows, Rows
from deepdep.io.text import open_text
from deepdep.sources.units import without_replicate

# Columns of Illumina's manifests and of Xena's probe maps; the best come first.
PROBE_COLUMNS = ("Name", "IlmnID", "#id", "id", "probe")
GENE_COLUMNS = ("UCSC_RefGene_Name", "gene", "genes")
GROUP_COLUMN = "UCSC_RefGene_Group"
PROMOTER = ("TSS1500", "TSS200")  # groups of probes up to 1,500 bases before a gene starts
ROOM = 1.5  # times as many rows as asked for are held before some are dropped
MOST_MISSING = 0.2  # share of samples; with more, a probe comes after all others


@dataclass(frozen=True)
class ProbeChoice:
    """Probes to keep, in one of three ways.

    Attributes
    ----------
    genes
        Of a probe, the genes in whose features it is averaged; None keeps probes as they are.
    names
        Probes to keep; None looks at all.
    n_most_variable
        How many of those with the largest variance to keep; None keeps all of ``names``.
    """

    names: frozenset[str] | None = None
    genes: Mapping[str, tuple[str, ...]] | None = None
    n_most_variable: int | None = None

    @classmethod
    def read(
        cls, listed: Path | None, promoters: Path | None, most_variable: int | None
    ) -> Self | None:
        """Read what a user asks for; None where nothing was."""
        given = [listed is not None, promoters is not None, most_variable is not None]
        if sum(given) > 1:
            raise DeepDEPError("--probes, --promoters and --most-variable: give one of them.")
        if listed is not None:
            with open_text(listed) as lines:
                first = (line.replace(",", "\t").split("\t")[0].strip(' "\r\n') for line in lines)
                names = frozenset(name for name in first if name and not name.startswith("#"))
            if not names:
                raise BadFileError(listed, "lists no probe", "Name one per line")
            return cls(names=names)
        if promoters is not None:
            genes = _genes_of_probes(promoters)
            return cls(names=frozenset(genes), genes=genes)
        return cls(n_most_variable=most_variable) if most_variable is not None else None

    def rows(self) -> Rows:
        """Return what keeps these rows of one table."""
        if self.genes is not None:
            return _GeneMeans(self.genes)
        if self.n_most_variable is not None:
            return _MostVariable(self.n_most_variable)
        return KeptRows(partial(_is_listed, self.names or frozenset()))

    def of_one_sample(
        self, probes: Sequence[str], betas: np.ndarray
    ) -> tuple[list[str], np.ndarray]:
        """Choose among probes of one sample; return names of features and their betas."""
        rows = self.rows()
        wanted = np.array([rows.wants(probe) for probe in probes])
        rows.add(pd.DataFrame({"probe": probes})[wanted], betas[wanted, None])
        texts, numbers = rows.taken()
        return [*texts["probe"]], numbers[:, 0]

    def __str__(self) -> str:
        if self.genes is not None:
            return "averaged over the promoter of each gene"
        if self.n_most_variable is not None:
            return f"the {self.n_most_variable:,} most variable probes kept"
        return f"the probes of a list of {len(self.names or ()):,} kept"


class _MostVariable:
    """Rows of the largest variance so far, in the order of the file."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._rows = KeptRows()
        self._variances = np.empty(0)
        self._least = -np.inf  # no row with less is among the most variable

    def wants(self, name: str) -> bool:  # noqa: ARG002
        return True

    def add(self, texts: pd.DataFrame, numbers: np.ndarray) -> None:
        measured = np.isfinite(numbers)
        n = np.maximum(measured.sum(axis=1), 1)
        filled = np.where(measured, numbers, np.float32(0))
        square = np.einsum("ij,ij->i", filled, filled, dtype=float) / n
        variances = square - (filled.sum(axis=1, dtype=float) / n) ** 2
        variances[n < (1 - MOST_MISSING) * numbers.shape[1]] = -1.0
        more = variances > self._least
        self._rows.add(texts[more], numbers[more])
        self._variances = np.append(self._variances, variances[more])
        if len(self._variances) > ROOM * self._n:
            self._drop()

    def taken(self) -> tuple[pd.DataFrame, np.ndarray]:
        self._drop()
        return self._rows.taken()

    def _drop(self) -> None:
        if len(self._variances) > self._n:
            best = np.sort(np.argsort(-self._variances, kind="stable")[: self._n])
            self._variances = self._variances[best]
            self._rows.keep(best)
            self._least = self._variances.min()


class _GeneMeans:
    """Mean of each gene's probes, of those measured in a sample; a row per gene."""

    def __init__(self, genes: Mapping[str, tuple[str, ...]]) -> None:
        self._genes = genes
        self._names: dict[str, int] = {}  # rows of the sums below
        self._sums = np.empty((0, 0), np.float32)
        self._counts = np.empty((0, 0), np.uint16)
        self._id = ""

    def wants(self, name: str) -> bool:
        return _is_listed(self._genes, name)

    def add(self, texts: pd.DataFrame, numbers: np.ndarray) -> None:
        self._id = str(texts.columns[0])
        self._make_room(numbers.shape[1])
        for name, beta in zip(texts.iloc[:, 0].str.strip(), numbers, strict=True):
            measured = np.isfinite(beta)
            filled = np.where(measured, beta, np.float32(0))
            genes = self._genes.get(name) or self._genes[without_replicate(name)]
            for gene in genes:
                row = self._names.setdefault(gene, len(self._names))
                self._sums[row] += filled
                self._counts[row] += measured

    def _make_room(self, n_samples: int) -> None:
        if not self._sums.size:
            n_genes = len({gene for genes in self._genes.values() for gene in genes})
            self._sums = np.zeros((n_genes, n_samples), np.float32)
            self._counts = np.zeros((n_genes, n_samples), np.uint16)

    def taken(self) -> tuple[pd.DataFrame, np.ndarray]:
        n = len(self._names)
        sums, counts = self._sums[:n], self._counts[:n]
        with np.errstate(invalid="ignore"):  # 0 / 0 where nothing was measured
            np.divide(sums, counts, out=sums)
        return pd.DataFrame({self._id: list(self._names)}, dtype=object), sums


def _is_listed(names: Collection[str], name: str) -> bool:
    return name in names or without_replicate(name) in names


def _genes_of_probes(source: Path) -> dict[str, tuple[str, ...]]:
    """Read genes by probe: of a manifest, those in whose promoter a probe is."""
    with open_text(source) as lines:
        rows = _rows(lines)
        begins = dropwhile(lambda row: not {*row} & {*PROBE_COLUMNS}, rows)
        header = next(begins, [])
        probe = next((header.index(name) for name in PROBE_COLUMNS if name in header), None)
        gene = next((header.index(name) for name in GENE_COLUMNS if name in header), None)
        if probe is None or gene is None:
            raise BadFileError(
                source,
                "has no column of probes and of their genes",
                f"Bring Illumina's manifest, or columns {PROBE_COLUMNS[-1]!r} and 'gene'",
            )
        group = header.index(GROUP_COLUMN) if GROUP_COLUMN in header else None
        genes: dict[str, tuple[str, ...]] = {}
        for row in begins:
            if len(row) != len(header):  # controls, which end a manifest
                continue
            named = row[gene].replace(",", ";").split(";")
            if group is not None:
                groups = row[group].split(";")
                named = [g for g, at in zip(named, groups, strict=False) if at in PROMOTER]
            found = tuple(dict.fromkeys(name.strip() for name in named if name.strip(" .")))
            if found:
                genes[row[probe].strip()] = found
    if not genes:
        raise BadFileError(source, "names no gene of any probe", "Bring another table")
    return genes


def _rows(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        bare = line.rstrip("\r\n")
        yield bare.split("\t") if "\t" in bare else next(csv.reader([bare]), [])
