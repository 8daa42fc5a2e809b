"""The four files of a cohort folder, and a cohort in memory."""

import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import anndata
import mudata
import numpy as np
import pandas as pd
from scipy import sparse

from deepdep.domain.cohort import Cohort, CohortPart, Samples, Source
from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, Omic, supplement_omic, table_omic
from deepdep.io.atomic import new_path
from deepdep.io.gene_sets import read_gene_sets, write_gene_sets
from deepdep.io.labels import refuse_nul
from deepdep.io.matrices import read_anndata, to_anndata, to_frame, write_anndata
from deepdep.io.omic_tables import omic_of, samples_with, tables_of
from deepdep.io.omic_values import OmicTable
from deepdep.io.tables import place

TUMORS = "tumors.h5mu"
CELL_LINES = "cell_lines.h5mu"
GENE_EFFECT = "gene_effect.h5ad"
GENE_SETS = "gene_sets.gmt"
COHORT_FILES = frozenset({TUMORS, CELL_LINES, GENE_EFFECT, GENE_SETS})

PATIENT = "patient_id"  # column of obs


mudata.set_options(pull_on_update=False)


def read_cohort(folder: Path) -> Cohort:
    """Read whichever of the four files are there; the cell lines must be."""
    tumors, gene_effect, gene_sets = folder / TUMORS, folder / GENE_EFFECT, folder / GENE_SETS
    return Cohort(
        cell_lines=read_samples(folder / CELL_LINES, Source.CELL_LINE),
        tumors=read_samples(tumors, Source.TUMOR) if tumors.exists() else None,
        gene_effect=read_gene_effect(gene_effect) if gene_effect.exists() else None,
        gene_sets=read_gene_sets(gene_sets) if gene_sets.exists() else None,
    )


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write the cohort's files into a folder, all of them or none.

    A cohort that is there is replaced; a folder with anything else in it is an error.
    """
    require_replaceable(folder)
    with new_path(folder) as path:
        path.mkdir()
        _write_files(cohort, path)


def add_to_cohort(part: CohortPart, folder: Path) -> list[str]:
    """Write the files of a part into a cohort's folder, all of them or none.

    Returns
    -------
    Names of the files that were there and stay as they are.
    """
    require_replaceable(folder)
    with new_path(folder) as path:
        path.mkdir()
        _write_files(part, path)
        written = {file.name for file in path.iterdir()}
        kept = [name for name in files_of_cohort(folder) if name not in written]
        for name in kept:
            shutil.copy2(folder / name, path / name)
    return kept


def files_of_cohort(folder: Path) -> list[str]:
    """Names of the cohort's files that are there."""
    return [name for name in sorted(COHORT_FILES) if (folder / name).exists()]


def require_replaceable(target: Path) -> None:
    """Raise BadFileError unless ``target`` is a cohort's folder, empty or not there."""
    if not target.exists():
        return
    if not target.is_dir():
        raise BadFileError(target, "is a file", "Name a new folder")
    strangers = sorted({path.name for path in target.iterdir()} - COHORT_FILES)
    if strangers:
        raise BadFileError(
            target,
            f"holds files that are no cohort's: {shown(strangers)}",
            "Name a new folder, or empty this one",
        )


def _write_files(part: Cohort | CohortPart, folder: Path) -> None:
    if part.cell_lines is not None:
        write_samples(part.cell_lines, folder / CELL_LINES)
    if part.tumors is not None:
        write_samples(part.tumors, folder / TUMORS)
    if part.gene_effect is not None:
        write_gene_effect(part.gene_effect, folder / GENE_EFFECT)
    if part.gene_sets is not None:
        write_gene_sets(part.gene_sets, folder / GENE_SETS)


def read_samples(source: Path, default_source: Source | None = None) -> Samples:
    """Read an ``.h5mu`` with one modality per omic, and one per supplement.

    A sample without ``patient_id`` is its own patient; one without ``lineage`` is ``unknown``.
    ``default_source`` fills an absent ``source`` column.
    """
    modalities, obs = read_modalities(source)
    return samples_of(modalities, obs, source, default_source)


def read_modalities(source: Path) -> tuple[dict[str, anndata.AnnData], pd.DataFrame]:
    """Read the tables of an ``.h5mu`` as they are, by name, and what is said of its samples.

    Omics come first, in their order, then supplements in that of their names.
    """
    if not source.is_file():
        raise BadFileError(source, "there is no such file", "Check the path")
    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is refused, not warned of
            samples = mudata.read_h5mu(source)
    except Exception as error:  # a damaged file makes the reader trip over anything
        raise BadFileError(source, "is not a complete .h5mu file", "Write it again") from error
    unknown = [name for name in samples.mod if table_omic(name) is None]
    if unknown:
        raise BadFileError(
            source,
            f"modality {shown(unknown)} is not an omic",
            f"Name the modalities {', '.join(Omic)}; another assay of one as in expression_ccle",
        )
    names = [str(omic) for omic in Omic if omic in samples.mod]
    names += sorted(name for name in samples.mod if supplement_omic(name))
    return {name: samples.mod[name] for name in names}, pd.DataFrame(samples.obs)


def samples_of(
    modalities: Mapping[str, anndata.AnnData],
    obs: pd.DataFrame,
    source: Path,
    default_source: Source | None,
) -> Samples:
    """Check what was read of ``source``, and complete ``obs`` as ``read_samples`` says."""
    said = {name: _said(modalities, name) for name in ("assembly", "release")}
    cells = (str(cell) for column in obs.columns for cell in obs[column])
    refuse_nul((*cells, *map(str, said.values())), "obs or uns,", source)
    tables = {
        name: OmicTable(_numbers(modality, source, name), _unit(modality, source, name))
        for name, modality in modalities.items()
    }
    return samples_with(tables, _obs(obs, default_source), **said)


def write_samples(samples: Samples, target: Path) -> None:
    """Write an ``.h5mu``; the same samples give the same bytes."""
    modalities = {
        name: to_anndata(known.table, uns=_uns(samples, known.unit))
        for name, known in tables_of(samples).items()
    }
    with _one_gene_in_several_omics():
        container = mudata.MuData(modalities)
    # A line in obs may have no omic at all; MuData knows only samples of a modality.
    container.obs = samples.obs.loc[container.obs_names]
    with new_path(target) as path:
        container.write(path, compression="gzip")


def read_gene_effect(source: Path) -> GeneEffect:
    """Read gene effects (cell line, gene), their kind and whose the lines are, if that is said."""
    matrix = read_anndata(source)
    kind = str(matrix.uns.get("kind", ""))
    if kind not in list(GeneEffectKind):
        raise BadFileError(
            source,
            f"kind is {kind!r}",
            f"Set uns['kind'] to one of {', '.join(GeneEffectKind)}",
            where="uns",
        )
    table = _numbers(matrix, source, "X")
    return GeneEffect(table, GeneEffectKind(kind), _patients(matrix, source))


def write_gene_effect(gene_effect: GeneEffect, target: Path) -> None:
    """Write gene effects as ``.h5ad`` with their kind in ``uns`` and their patients in ``obs``."""
    table, patients = gene_effect.table, gene_effect.patient_id
    matrix = to_anndata(table, uns={"kind": str(gene_effect.kind)})
    if patients is not None:
        matrix.obs[PATIENT] = patients.reindex(table.index).fillna("").to_numpy(object)
    write_anndata(matrix, target)


@contextmanager
def _one_gene_in_several_omics() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "var_names are not unique")
        yield


def _obs(obs: pd.DataFrame, default_source: Source | None) -> pd.DataFrame:
    own = pd.Series(obs.index, index=obs.index)
    columns = {
        PATIENT: _text(obs, PATIENT).fillna(own),
        "lineage": _text(obs, "lineage").fillna("unknown"),
        "source": _text(obs, "source").fillna(str(default_source or "unknown")),
    }
    others = {name: obs[name] for name in obs.columns if name not in columns}
    return pd.DataFrame(columns | others, index=obs.index)


def _patients(matrix: anndata.AnnData, source: Path) -> pd.Series | None:
    """Return the patient by cell line, where obs tells any."""
    patients = _text(matrix.obs, PATIENT)
    refuse_nul(map(str, patients), "obs,", source)
    return None if patients.isna().all() else patients


def _text(obs: pd.DataFrame, column: str) -> pd.Series:
    if column not in obs.columns:
        return pd.Series(None, index=obs.index, dtype=object)
    text = obs[column].astype(object)
    return text.mask(text.isin(["", "nan"]))


def _uns(samples: Samples, unit: str) -> dict[str, str]:
    said = {"assembly": samples.assembly, "release": samples.release}
    return {"unit": unit} | {name: text for name, text in said.items() if text}


def _said(modalities: Mapping[str, anndata.AnnData], name: str) -> str | None:
    said = sorted({str(m.uns[name]) for m in modalities.values() if name in m.uns})
    return "; ".join(said) or None


def _unit(modality: anndata.AnnData, source: Path, name: str) -> str:
    omic = omic_of(name)
    unit = str(modality.uns.get("unit", DEFAULT_UNITS[omic]))
    if unit not in UNITS or UNITS[unit].omic is not omic:
        known = ", ".join(u.name for u in UNITS.values() if u.omic is omic)
        raise BadFileError(
            source, f"unit {unit!r} is not known", f"Use one of: {known}", where=f"{name} uns"
        )
    return unit


def _numbers(matrix: anndata.AnnData, source: Path, where: str) -> pd.DataFrame:
    """Return X as a table; what is no finite number, or has a name twice, is a BadFileError."""
    for names, axis in ((matrix.obs_names, "sample"), (matrix.var_names, "feature")):
        refuse_nul(names, f"{where}, {axis}", source)
        if (names.str.strip() == "").any():
            raise BadFileError(source, f"a {axis} has no name", "Name it", where=where)
        twice = names[names.duplicated()]
        if len(twice):
            raise BadFileError(
                source,
                f"{axis} {twice[0]!r} occurs more than once",
                "Keep one of them",
                where=where,
            )
    if matrix.X is None or matrix.X.dtype.kind not in "iuf":
        raise BadFileError(source, "holds no numbers", "Store numbers in X", where=where)
    _require_valid(matrix, source, where)
    table = to_frame(matrix)
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        infinite = np.isinf(table.to_numpy(np.float32))
    if infinite.any():
        raise BadFileError(
            source,
            "is infinite",
            "Store NaN where nothing was measured",
            where=f"{where}, {place(table, infinite)}",
        )
    return table


def _require_valid(matrix: anndata.AnnData, source: Path, where: str) -> None:
    """SciPy writes outside its memory where the indices of a sparse matrix are wrong."""
    if not sparse.issparse(matrix.X):
        return
    try:
        with warnings.catch_warnings(action="error"):
            matrix.X.check_format(full_check=True)
    except (ValueError, UserWarning) as error:
        raise BadFileError(
            source, f"is no valid sparse matrix ({error})", "Write it again", where=where
        ) from error
