"""Which file of a release's folder holds what, told by its name.

A header does not tell a table of expression from one of copy number: both are genes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deepdep.domain.errors import BadFileError, shown
from deepdep.io.depmap import MODEL_TABLE
from deepdep.io.noted import Noted, counted

# Names of a table without .csv. A row holds the names that releases gave it, of which a folder
# may have one; a table of a later row is read where there is none of an earlier.
EXPRESSION = (
    ("OmicsExpressionProteinCodingGenesTPMLogp1", "OmicsExpressionTPMLogp1HumanProteinCodingGenes"),
    (
        "OmicsExpressionProteinCodingGenesTPMLogp1Stranded",
        "OmicsExpressionTPMLogp1HumanProteinCodingGenesStranded",
    ),
)
COPY_NUMBER = (("OmicsCNGene", "OmicsCNGeneWGS"), ("PortalOmicsCNGeneLog2",))
SEGMENTS = (("OmicsCNSegmentsWGS",),)
MUTATIONS = (("OmicsSomaticMutations",),)
DAMAGING = (("OmicsSomaticMutationsMatrixDamaging",),)
HOTSPOT = (("OmicsSomaticMutationsMatrixHotspot",),)
GENE_EFFECT = (("CRISPRGeneEffect",),)
DEPENDENCY = (("CRISPRGeneDependency",),)
MODELS = ((MODEL_TABLE.removesuffix(".csv"),),)


@dataclass(frozen=True)
class DepMapFiles:
    """Files of a release, as far as they are there.

    Attributes
    ----------
    mutation_matrices
        Damaging and hotspot mutations, genes in columns.
    dependency
        Probabilities of dependency, which are no gene effects.
    """

    expression: Path | None
    mutations: Path | None
    mutation_matrices: tuple[Path, ...]
    copy_number: Path | None
    segments: Path | None
    gene_effect: Path | None
    dependency: Path | None
    models: Path | None


def find_files(folder: Path) -> Noted[DepMapFiles]:
    """Find the files of a release; further ones are noted."""
    if not folder.is_dir():
        raise BadFileError(folder, "there is no such folder", "Name the folder of a release")
    return files_among(sorted(path for path in folder.glob("[!.]*") if path.is_file()))


def files_among(paths: Sequence[Path]) -> Noted[DepMapFiles]:
    """Tell by their names which of these files hold what; further ones are noted."""
    notes: list[str] = []

    def find(names: Sequence[Sequence[str]]) -> Path | None:
        found = _find(paths, names)
        notes.extend(found.notes)
        return found.value

    matrices = [path for path in (find(DAMAGING), find(HOTSPOT)) if path is not None]
    files = DepMapFiles(
        expression=find(EXPRESSION),
        mutations=find(MUTATIONS),
        mutation_matrices=tuple(matrices),
        copy_number=find(COPY_NUMBER),
        segments=find(SEGMENTS),
        gene_effect=find(GENE_EFFECT),
        dependency=find(DEPENDENCY),
        models=find(MODELS),
    )
    return Noted(files, (*notes, *_strangers(paths)))


def _find(paths: Sequence[Path], names: Sequence[Sequence[str]]) -> Noted[Path | None]:
    ranked = [[path for path in paths if _stem(path) in row] for row in names]
    present = [found for found in ranked if found]
    if not present:
        return Noted(None)
    first, *second = present[0]
    if second:
        raise BadFileError(
            second[0], f"is a table of the same kind as {first.name}", "Keep one of them"
        )
    left_out = [path.name for found in present[1:] for path in found]
    notes = (f"{shown(left_out)} left out, {first.name} being there",) if left_out else ()
    return Noted(first, notes)


def _strangers(paths: Sequence[Path]) -> tuple[str, ...]:
    tables = (
        *(EXPRESSION, COPY_NUMBER, SEGMENTS, MUTATIONS, DAMAGING, HOTSPOT),
        *(GENE_EFFECT, DEPENDENCY, MODELS),
    )
    known = {name for table in tables for row in table for name in row}
    names = [path.name for path in paths if _stem(path) not in known]
    if not names:
        return ()
    return (f"{counted(len(names), 'file')} left out, of no table that is read: {shown(names)}",)


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".csv") if name.endswith(".csv") else path.name
