"""What the explorer shows, read from the files of a run by row, column and filter.

Columns and layers are looked up by name here and nowhere else; what a file lacks is left out.
Answers are what JSON holds: lists of numbers, None where nothing is known.
"""

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
from anndata.io import read_elem
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy import sparse

from deepdep.data.gene_groups import paralogs_of
from deepdep.data.splits import NOT_JUDGED
from deepdep.domain.gene_effect import DEPENDENT_AT, GeneEffectKind
from deepdep.domain.omics import in_order, table_omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.documents import read_csv, read_json
from deepdep.io.files import require_file

TUMORS, CELL_LINES = "tumors", "cell_lines"
EFFECT_STEP, FEATURE_STEP = 0.001, 0.05  # what effects and features are multiples of
OTHER_DIGITS = 3  # significant ones, of other numbers
N_CORRELATED = 12
N_COMMONEST = 60  # values that an annotation of text may have
PAIRS_AT_ONCE = 1 << 18  # of a table that is read through
ROWS_AT_ONCE = 512  # of a matrix that is summed: x 17,900 genes, 37 MB

OF_GENES = (
    "mean", "sd", "class", "screened", "n_gene_sets", "test_r", "cv_r", "cv_r_low", "cv_r_high",
    "q", "trusted", "half_width",
)  # fmt: skip
OF_PAIRS = (
    "n_carriers", "difference", "z", "p", "q_standing", "explained_by", "is_deepdep_call",
)  # fmt: skip
OF_CAUSES = (
    "gene", "part", "rank", "table", "name", "difference", "contribution", "stability", "q",
)  # fmt: skip
IN_SILICO = "in_silico_"  # how further columns of pairs begin
NOT_FOR_PEOPLE = ("has_", "nearest_line_", "interval_factor")  # columns of obs that begin so
TEXT = "i4"  # of a column of text, by number
CALLED_AT = 0.1  # FDR at which the page calls a pair
AGAIN = "Run `dvc repro`"

Answer = dict[str, Any]


class UnknownNameError(DeepDEPError):
    """A sample, gene, alteration, lineage or feature that the files do not have."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"explorer: there is no {kind} {name[:99]!r}; name one from the page.")


@dataclass(frozen=True)
class SampleFile:
    """Predictions of tumours or of cell lines: one row or column is read at a time."""

    file: h5py.File
    obs: pd.DataFrame
    var: pd.DataFrame

    @classmethod
    def open(cls, source: Path) -> "SampleFile":
        """Open an .h5ad of the stage predict."""
        require_file(source, AGAIN)
        try:
            file = h5py.File(source)
            obs, var = read_elem(file["obs"]), read_elem(file["var"])
            if file["X"].shape != (len(obs), len(var)):
                raise ValueError
        except (OSError, KeyError, ValueError, AttributeError) as error:
            problem = "is no complete .h5ad of predictions"
            raise BadFileError(source, problem, AGAIN) from error
        for table in (obs, var):
            table.index = table.index.astype(str)
        return cls(file, obs, var)

    def matrix(self, layer: str = "") -> Any:
        """Return X, or a layer, (sample, gene); None where the file has no such layer."""
        return self.file.get(f"layers/{layer}" if layer else "X")

    def row(self, sample: int, layer: str = "") -> np.ndarray | None:
        """Return what is known of a sample, by gene."""
        matrix = self.matrix(layer)
        return None if matrix is None else matrix[sample]

    def column(self, gene: int, layer: str = "") -> np.ndarray | None:
        """Return what is known of a gene, by sample."""
        matrix = self.matrix(layer)
        return None if matrix is None else matrix[:, gene]

    @property
    def codes(self) -> np.ndarray:
        """Where the predictor places the samples, (sample, width)."""
        return np.asarray(self.file["obsm/X_code"])

    def sums_by_lineage(self, layer: str = "") -> "SumsByLineage":
        """Add up effects by lineage, block by block."""
        lineages = self.obs["lineage"].astype(str)
        names, of_sample = np.unique(lineages.to_numpy(str), return_inverse=True)
        sums, counts = np.zeros((2, len(names), len(self.var)))
        matrix = self.matrix(layer)
        n_samples = 0 if matrix is None else len(self.obs)
        for start in range(0, n_samples, ROWS_AT_ONCE):
            block = matrix[start : start + ROWS_AT_ONCE]
            member = sparse.csr_matrix(
                np.equal.outer(range(len(names)), of_sample[start : start + len(block)]),
                dtype=float,
            )
            sums += member @ np.nan_to_num(block).astype(float)
            counts += member @ (~np.isnan(block)).astype(float)
        return SumsByLineage(list(map(str, names)), sums, counts)


@dataclass(frozen=True)
class SumsByLineage:
    """Sums of effects and how many there are, both (lineage, gene)."""

    names: list[str]
    sums: np.ndarray
    counts: np.ndarray

    def against_rest(self, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return means in the lineage and in all others, and how many are of it, by gene."""
        is_it = np.array([other == name for other in self.names], dtype=bool)
        with np.errstate(invalid="ignore"):  # NaN where a side has no sample
            within = self.sums[is_it].sum(axis=0) / self.counts[is_it].sum(axis=0)
            rest = self.sums[~is_it].sum(axis=0) / self.counts[~is_it].sum(axis=0)
        return within, rest, self.counts[is_it].sum(axis=0)


@dataclass(frozen=True)
class ExplorerData:
    """The files of one run.

    Attributes
    ----------
    tumors
        None where the cohort has none.
    pairs, causes
        Tables of the stages screen and explain; None where they did not run.
    """

    tumors: SampleFile | None
    cell_lines: SampleFile
    prepared: Path
    reports: Path
    pairs: Path | None
    causes: Path | None

    @classmethod
    @contextmanager
    def open(cls, project: Path) -> Iterator["ExplorerData"]:
        """Open the folders ``predictions``, ``prepared`` and ``reports`` of a project."""
        folder = project / "predictions"
        lines = SampleFile.open(folder / "cell_lines.h5ad")
        tumors = folder / "tumors.h5ad"
        of_tumors = SampleFile.open(tumors) if tumors.exists() else None
        if of_tumors is not None and not len(of_tumors.obs):
            of_tumors = None
        if of_tumors is not None and not of_tumors.var.index.equals(lines.var.index):
            raise BadFileError(tumors, "has other genes than cell_lines.h5ad", AGAIN)
        tables = (folder / f"{name}.parquet" for name in ("synthetic_lethality", "causes"))
        pairs, causes = (table if table.exists() else None for table in tables)
        data = cls(of_tumors, lines, project / "prepared", project / "reports", pairs, causes)
        try:
            yield data
        finally:
            lines.file.close()
            if of_tumors is not None:
                of_tumors.file.close()

    @property
    def sources(self) -> dict[str, SampleFile]:
        """Tumours, where there are any, then cell lines."""
        tumors = {} if self.tumors is None else {TUMORS: self.tumors}
        return tumors | {CELL_LINES: self.cell_lines}

    @cached_property
    def genes(self) -> pd.Index:
        """Genes in the order of all answers."""
        return self.cell_lines.var.index

    @property
    def n_cells(self) -> int:
        """How many predicted effects there are."""
        return sum(len(one.obs) for one in self.sources.values()) * len(self.genes)

    def overview(self) -> Answer:
        """Return all that is known beside effects: samples, genes, names to ask for, accuracy."""
        kind = read_elem(self.cell_lines.file["uns"]).get("kind", GeneEffectKind.GENE_EFFECT)
        stated = self._json("validation.json").get("cohort") or {}
        planes = self._planes()
        genes = self.cell_lines.var
        return {
            "cohort": {key: stated.get(key) for key in ("name", "sha256", "simulated")},
            "kind": str(kind),
            "dependent_at": DEPENDENT_AT[GeneEffectKind(str(kind))],
            "genes": {"name": list(self.genes)}
            | {name: plain(genes[name]) for name in OF_GENES if name in genes},
            "samples": {name: _about(one.obs) | planes[name] for name, one in self.sources.items()},
            "lineages": self._sums[CELL_LINES].names
            if self.tumors is None
            else sorted({*self._sums[TUMORS].names, *self._sums[CELL_LINES].names}),
            "alterations": self._alterations(),
            "called_at": CALLED_AT,
            "features": {name: list(table.names) for name, table in self.features.items()},
            "accuracy": self._accuracy(),
        }

    def sample(self, source: str, name: str) -> Answer:
        """Return effects of one sample by gene; of a line, what was measured, too."""
        one = self._source(source)
        place = _place(one.obs.index, name, "sample")
        calls = one.row(place, "call")
        return {
            "effect": plain(one.row(place), EFFECT_STEP),
            "call": None if calls is None else list(map(int, calls)),
            "measured": plain(one.row(place, "measured"), EFFECT_STEP),
        }

    def gene(self, name: str) -> Answer:
        """Return effects of one gene by sample, and the genes that lines need alike."""
        place = _place(self.genes, name, "gene")
        effects = {key: one.column(place) for key, one in self.sources.items()}
        measured = self.cell_lines.column(place, "measured")
        return {
            **{key: plain(column, EFFECT_STEP) for key, column in effects.items()},
            "measured": plain(measured, EFFECT_STEP),
            **self.correlated(name),
        }

    def correlated(self, name: str) -> Answer:
        """Return the genes whose measured effects go with a gene's, and its likely paralogs.

        Pearson's r over screened lines; a line that was not screened for a gene counts as its mean.
        """
        place = _place(self.genes, name, "gene")
        r = self._scaled.T @ self._scaled[:, place]
        order = np.argsort(-np.abs(r), kind="stable")
        order = order[(order != place) & (r[order] != 0)][:N_CORRELATED]
        paralogs = paralogs_of([name], self.genes).get(name, [])
        return {
            "correlated": {"gene": list(self.genes[order]), "r": plain(r[order])},
            "paralogs": {
                "gene": paralogs,
                "r": plain(r[self.genes.get_indexer(pd.Index(paralogs))]),
            },
        }

    def lineage(self, name: str) -> Answer:
        """Return mean effects in a lineage and in all others, by gene: predicted and measured."""
        found: Answer = {}
        for key, sums in self._sums.items():
            within, rest, n = sums.against_rest(name)
            found[key] = {
                "within": plain(within, EFFECT_STEP),
                "rest": plain(rest, EFFECT_STEP),
                "n": int(n.max(initial=0)),
            }
        if not any(of["n"] for of in found.values()):
            raise UnknownNameError("lineage", name)
        return found

    def alteration(self, name: str) -> Answer:
        """Return the pairs of an alteration, a list by column."""
        pairs = self._pairs
        rows = (
            [] if pairs is None else [k for k, (a, _) in enumerate(pairs.alterations) if a == name]
        )
        if pairs is None or not rows:
            raise UnknownNameError("alteration", name)
        return columns_of(pd.concat([pairs.row(row) for row in rows], ignore_index=True))

    def pairs_of(self, gene: str) -> Answer:
        """Return the pairs of a gene, a list by column."""
        place = None if self._pairs is None else self._pairs.genes.get(gene)
        if self._pairs is None or place is None:
            return {}
        return columns_of(self._pairs.column(place))

    def causes_of(self, sample: str) -> Answer:
        """Return what predictions of a sample are made of, a list by column."""
        return next(iter(self._causes([("sample", "==", sample)]).values()), {})

    def all_causes(self) -> dict[str, Answer]:
        """Return the same of every sample that has any, by sample."""
        return self._causes(None)

    def feature(self, table: str, name: str) -> Answer:
        """Return values of one feature by sample, standardised as the model reads them."""
        if table not in self.features:
            raise UnknownNameError("table", table)
        found = self.features[table]
        place = _place(found.names, name, "feature")
        return {
            key: plain(found.column(key, place, one.obs.index), FEATURE_STEP)
            for key, one in self.sources.items()
        }

    @cached_property
    def features(self) -> "dict[str, FeatureFiles]":
        """Tables of features by name, in the order of omics."""
        folders = self.prepared.iterdir() if self.prepared.is_dir() else ()
        names = in_order(folder.name for folder in folders if table_omic(folder.name))
        return {name: FeatureFiles(self.prepared / name) for name in names}

    def warm_up(self) -> None:
        """Compute what several answers share."""
        _ = self._sums, self._scaled, self._pairs

    @cached_property
    def _pairs(self) -> "PairGrid | None":
        return None if self.pairs is None else PairGrid.read(self.pairs)

    @cached_property
    def _sums(self) -> dict[str, SumsByLineage]:
        sums = {key: one.sums_by_lineage() for key, one in self.sources.items()}
        return sums | {"measured": self.cell_lines.sums_by_lineage("measured")}

    @cached_property
    def _scaled(self) -> np.ndarray:
        """Measured effects as deviations of length 1, (line, gene); 0 where not measured."""
        matrix = self.cell_lines.matrix("measured")
        if matrix is None:
            return np.zeros((1, len(self.genes)), np.float32)
        measured = np.asarray(matrix, np.float32)
        n = np.maximum((~np.isnan(measured)).sum(axis=0), 1)
        measured -= np.nan_to_num(measured).sum(axis=0) / n
        np.nan_to_num(measured, copy=False)
        length = np.sqrt((measured**2).sum(axis=0))
        measured /= np.where(length > 0, length, 1)
        return measured

    def _planes(self) -> dict[str, Answer]:
        """Project the codes of all samples to their first two principal components."""
        codes = {key: one.codes.astype(float) for key, one in self.sources.items()}
        both = np.concatenate(list(codes.values()))
        mean = both.mean(axis=0)
        strength, directions = np.linalg.eigh((both - mean).T @ (both - mean))
        first = directions[:, ::-1][:, :2]
        first = first * np.sign(first[np.abs(first).argmax(axis=0), range(first.shape[1])])
        share = strength[::-1][:2] / max(strength.sum(), 1e-12)
        found = {}
        for key, of in codes.items():
            plane = (of - mean) @ first
            axes = {f"pc{k + 1}": plain(plane[:, k], EFFECT_STEP) for k in range(plane.shape[1])}
            found[key] = axes | {"explained": plain(share)}
        return found

    def _alterations(self) -> list[Answer]:
        """Name alterations, those with most called pairs first."""
        if self._pairs is None:
            return []
        found: dict[str, Answer] = {}
        for row, (name, _) in enumerate(self._pairs.alterations):
            of = self._pairs.row(row)
            here = found.setdefault(name, {"name": name, "n_carriers": None, "n_called": 0})
            here["n_carriers"] = int(np.nanmax(of["n_carriers"])) if "n_carriers" in of else None
            here["n_called"] += int((of["q_standing"] <= CALLED_AT).sum())
        return sorted(found.values(), key=lambda one: (-one["n_called"], one["name"]))

    def _causes(self, filters: list[tuple[str, str, str]] | None) -> dict[str, Answer]:
        if self.causes is None:
            return {}
        there = pyarrow.parquet.read_schema(self.causes).names
        columns = [name for name in ("sample", *OF_CAUSES) if name in there]
        table = pyarrow.parquet.read_table(self.causes, columns=columns, filters=filters)
        rows = table.to_pandas()
        if "part" in rows:  # what lines measured is read where it is known of all genes
            rows = rows[rows["part"] != "line"]
        by_sample = rows.groupby("sample", sort=False)
        return {str(name): columns_of(of.drop(columns="sample")) for name, of in by_sample}

    def _accuracy(self) -> Answer:
        """Return how well genes of unseen patients are predicted, by model and together."""
        metrics = self._json("metrics.json")
        per_gene = self.reports / "per_gene.csv"
        found: Answer = {key: metrics.get(key, {}) for key in ("models", "differences", "cohort")}
        if metrics.get("models") == {}:
            found["note"] = NOT_JUDGED
        elif per_gene.exists():
            table = read_csv(per_gene, ["gene", "model", "r"])
            r = table.pivot_table("r", "gene", "model", aggfunc="first", sort=False, dropna=False)
            of_predictor = table[table["model"] == "predictor"].set_index("gene")
            found["r"] = {str(m): plain(r[m].reindex(self.genes)) for m in r}
            for name in ("coverage", "n_lines"):
                if name in of_predictor:
                    found[name] = plain(of_predictor[name].reindex(self.genes))
        return found

    def _json(self, name: str) -> Mapping[str, Any]:
        source = self.reports / name
        return read_json(source) if source.exists() else {}

    def _source(self, name: str) -> SampleFile:
        if name not in self.sources:
            raise UnknownNameError("table of samples", name)
        return self.sources[name]


@dataclass(frozen=True)
class PairGrid:
    """Pairs by alteration and gene in a nameless file, of which rows and columns are read.

    A table of millions of pairs in the order of their rank would be read whole for each answer.

    Attributes
    ----------
    alterations
        Name and table of each row.
    genes
        Place of each column, by name.
    cells
        Fields by name, shape (alteration, gene); ``there`` where the table has the pair.
    texts
        What the numbers of a field of text stand for.
    """

    alterations: list[tuple[str, str]]
    genes: dict[str, int]
    cells: np.memmap
    texts: dict[str, list[str]]

    @classmethod
    def read(cls, source: Path) -> "PairGrid":
        """Read a table of the stage screen, part by part."""
        keys = ["alteration", "table", "gene"]
        try:
            schema = pyarrow.parquet.read_schema(source)
            if missing := {*keys, "difference", "z", "q_standing"} - {*schema.names}:
                raise BadFileError(source, f"has no column {min(missing)!r}", AGAIN)
            kept = [n for n in schema.names if n in OF_PAIRS or n.startswith(IN_SILICO)]
            kinds = {name: _kind(schema.field(name)) for name in kept}
            texts = [*keys, *(name for name, kind in kinds.items() if kind == TEXT)]
            table = pyarrow.parquet.ParquetFile(source, read_dictionary=texts)
        except (OSError, ValueError) as error:
            raise BadFileError(source, "is not a table of Parquet", AGAIN) from error
        ids: dict[str, dict[str, int]] = {name: {} for name in texts}
        found: dict[tuple[int, int], int] = {}  # row by alteration and table
        for batch in table.iter_batches(PAIRS_AT_ONCE, columns=keys):
            codes = {key: _coded(batch[key], ids[key]) for key in keys}
            both = pd.DataFrame({key: codes[key] for key in keys[:2]}).drop_duplicates()
            for pair in both.itertuples(index=False, name=None):
                found.setdefault(pair, len(found))
        row_of = np.zeros([max(len(ids[key]), 1) for key in keys[:2]], int)
        for pair, row in found.items():
            row_of[pair] = row
        with tempfile.TemporaryFile() as file:  # which is gone when nothing maps it any more
            fields = np.dtype([("there", "?"), *kinds.items()])
            shape = max(len(found), 1), max(len(ids["gene"]), 1)
            cells = np.memmap(file, fields, "w+", shape=shape)
        for batch in table.iter_batches(PAIRS_AT_ONCE, columns=[*keys, *kept]):
            codes = {key: _coded(batch[key], ids[key]) for key in keys}
            places = row_of[codes["alteration"], codes["table"]], codes["gene"]
            cells["there"][places] = True
            for name in kept:
                column = batch[name]
                is_text = kinds[name] == TEXT
                cells[name][places] = _coded(column, ids[name]) if is_text else column.to_pandas()
        names = {name: list(of) for name, of in ids.items()}
        alterations = [(names["alteration"][a], names["table"][t]) for a, t in found]
        return cls(alterations, ids["gene"], cells, names)

    def row(self, alteration: int) -> pd.DataFrame:
        """Return the pairs of an alteration."""
        return self._frame(self.cells[alteration], "gene", [*self.genes])

    def column(self, gene: int) -> pd.DataFrame:
        """Return the pairs of a gene."""
        return self._frame(
            self.cells[:, gene], "alteration", [name for name, _ in self.alterations]
        )

    def _frame(self, cells: np.ndarray, key: str, names: list[str]) -> pd.DataFrame:
        there = np.asarray(cells["there"])
        found = {key: np.array(names, object)[there]}
        for name in list(cells.dtype.fields or ())[1:]:
            values = np.asarray(cells[name])[there]
            is_text = name in self.texts
            found[name] = np.array(self.texts[name], object)[values] if is_text else values
        return pd.DataFrame(found)


def _coded(column: pyarrow.Array, ids: dict[str, int]) -> np.ndarray:
    """Give each text of a column its number, new ones at the end; missing is the empty text."""
    texts = column.to_pandas()
    if not isinstance(texts.dtype, pd.CategoricalDtype):
        texts = texts.astype("category")
    numbers = [ids.setdefault(str(text), len(ids)) for text in texts.cat.categories]
    missing = ids.setdefault("", len(ids)) if texts.isna().any() else 0
    return np.array([*numbers, missing])[texts.cat.codes]  # the code of missing is -1


def _kind(field: pyarrow.Field) -> str:
    """Return how a column is kept; p may be 1e-200."""
    if pyarrow.types.is_boolean(field.type):
        return "?"
    if pyarrow.types.is_floating(field.type) or pyarrow.types.is_integer(field.type):
        return "f8" if field.name in ("p", f"{IN_SILICO}p") else "f4"
    return TEXT


class FeatureFiles:
    """One table of an omic, of tumours and of cell lines, read by column."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, h5py.File] = {}
        self._samples: dict[str, pd.Index] = {}
        self._sparse: dict[str, sparse.csc_matrix] = {}
        for key in (TUMORS, CELL_LINES):
            source = folder / f"{key}.h5ad"
            if source.exists():
                file = h5py.File(source)
                self._files[key] = file
                self._samples[key] = read_elem(file["obs"]).index.astype(str)
        first = next(iter(self._files.values()))
        self.names = read_elem(first["var"]).index.astype(str)

    def column(self, key: str, place: int, samples: pd.Index) -> np.ndarray:
        """Return a feature of samples; NaN where they lack the table."""
        if key not in self._files:
            return np.full(len(samples), np.nan)
        return self._reindexed(key, self._read(key, place), samples)

    def matrix(self, key: str, samples: pd.Index) -> np.ndarray:
        """Return all features of samples, likewise, (sample, feature)."""
        if key not in self._files:
            return np.full((len(samples), len(self.names)), np.nan)
        values = read_elem(self._files[key]["X"])
        dense = values.toarray() if sparse.issparse(values) else values
        return self._reindexed(key, dense, samples)

    def _read(self, key: str, place: int) -> np.ndarray:
        matrix = self._files[key]["X"]
        if isinstance(matrix, h5py.Dataset):
            return matrix[:, place]
        if key not in self._sparse:
            self._sparse[key] = sparse.csc_matrix(read_elem(matrix))
        return self._sparse[key][:, [place]].toarray().ravel()

    def _reindexed(self, key: str, values: np.ndarray, samples: pd.Index) -> np.ndarray:
        places = self._samples[key].get_indexer(samples)
        found = values.astype(float)[places]
        found[places < 0] = np.nan
        return found


def plain(values: Any, step: float | None = None) -> list[Any] | None:
    """Return values as JSON has them, None where missing.

    Numbers are rounded to multiples of ``step``, or to three significant digits.
    """
    if values is None:
        return None
    column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    if is_bool_dtype(column) or not is_numeric_dtype(column):
        return [
            None if pd.isna(v) else v if isinstance(v, bool) else str(v) for v in column.tolist()
        ]
    if step is not None:
        column = (column.astype(float) / step).round() * step
    written = f"{{:.{OTHER_DIGITS if step is None else 6}g}}".format
    return [
        (float(written(v)) if isinstance(v, float) else v) if math.isfinite(v) else None
        for v in column.tolist()
    ]


def columns_of(table: pd.DataFrame) -> Answer:
    """Return a table as a list by column."""
    return {str(name): plain(table[name]) for name in table.columns}


def _about(obs: pd.DataFrame) -> Answer:
    """Return what is known of samples: names, annotations, distance and nearest lines."""
    nearest = [name for name in obs.columns if name.startswith("nearest_line_")]
    found: Answer = {"name": list(obs.index)}
    for name in ("lineage", "patient_id", "split", "distance", "distance_rank", "interval_factor"):
        if name in obs:
            found[name] = plain(obs[name])
    found["annotations"] = {
        str(name): plain(obs[name])
        for name in obs.columns
        if name not in found and not name.startswith(NOT_FOR_PEOPLE) and _groups(obs[name])
    }
    rows = obs[nearest].astype(object).to_numpy()
    found["nearest"] = [
        [str(line) for line in row if isinstance(line, str) and line] for row in rows
    ]
    return found


def _groups(column: pd.Series) -> bool:
    """Tell whether an annotation says something of groups of samples, or is a number."""
    n_values = column.nunique()
    return n_values > 1 and (is_numeric_dtype(column) or n_values <= N_COMMONEST)


def _place(names: pd.Index, name: str, kind: str) -> int:
    place = names.get_indexer(pd.Index([name]))[0]
    if place < 0:
        raise UnknownNameError(kind, name)
    return int(place)
