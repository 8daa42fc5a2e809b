"""What a file or a folder is, told by its place, name and header, and the imports that take it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CELL_LINES, COHORT_FILES, GENE_EFFECT, TUMORS, CohortPart
from deepdep.domain.features import FeatureLists, match_features
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Note, Notes, UnitChange, counted
from deepdep.domain.omics import Omic, in_order, table_omic
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.columns import header_of
from deepdep.io.containers import read_gene_effect, read_modalities
from deepdep.io.features import read_feature_space
from deepdep.io.files import require_path
from deepdep.io.text import refuse_impostor
from deepdep.sources import sources
from deepdep.sources.anndata import SUFFIXES as CONTAINERS
from deepdep.sources.depmap.layout import find_files
from deepdep.sources.feature_lists import Fills, apply_feature_lists, read_feature_lists
from deepdep.sources.gene_names import current_symbols, read_gene_table
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.contents import are_genes
from deepdep.sources.inspection.found import (
    GENE_EFFECT_CONTENT,
    GENE_SETS_CONTENT,
    Brought,
    FileFound,
    Inspection,
    Match,
    Plan,
    SeenTable,
    TableFacts,
)
from deepdep.sources.lists import ORIGIN as FEATURE_LISTS
from deepdep.sources.lists import text_of_one_column
from deepdep.sources.source import Command, Look, Recognised, Route, one_line
from deepdep.sources.tcga.layouts import COMMENT, NOT_TABLES

NO_TABLE = "no table"
OF_VALUES = "its values tell which omic"
OF_NO_SAMPLE = ("models", "genes of interest", "descriptions of samples")

UNKNOWN = "not known"

LISTED, LISTED_GENES = "listed features", "listed genes of interest"


@dataclass(frozen=True)
class InspectOptions:
    """What a user said; None where they said nothing.

    Attributes
    ----------
    genes_table
        HGNC's complete set.
    feature_lists
        Folder of lists, as for import.
    against
        Folder of a cohort or of a model.
    """

    genes_table: Path | None = None
    feature_lists: Path | None = None
    against: Path | None = None


@dataclass(frozen=True)
class References:
    """What the files that a user named hold.

    Attributes
    ----------
    features
        By what has them, in words, and then by omic or ``gene_effect``: features to be found.
    """

    genes: GeneTable
    lists: FeatureLists | None
    features: Mapping[str, Mapping[str, pd.Index]]
    options: InspectOptions

    @property
    def import_options(self) -> ImportOptions:
        """What import would be told."""
        bins = None if self.lists is None else self.lists.bins
        return ImportOptions(self.genes, assembly=None, bins=bins)


@dataclass(frozen=True)
class Tried:
    """How a command took a file: a plan, or the line in which it refuses.

    Attributes
    ----------
    part
        What was read, before lists of features were applied.
    notes
        On how it was read.
    """

    plan: Plan
    part: CohortPart
    problem: str | None
    notes: tuple[Note, ...] = ()


def inspect_file(path: Path, options: InspectOptions) -> Inspection:
    """Tell what a file, or a folder, is and what import would do with it.

    A file is read as it is, and then as each command would that takes it: notes, plans and
    problems are their own. A BadFileError is raised only where nothing can be told: no such file,
    a web page, a damaged gzip file.
    """
    require_path(path)
    if path.is_dir():
        return inspect_folder(path)
    references = read_references(options)
    recognised = recognise(path)
    look = recognised.look()
    tried = [try_route(route, references) for route in recognised.routes(look)]
    # Commands that refuse the file are left out where another takes it.
    taken = [attempt for attempt in tried if attempt.problem is None] or tried
    problems = [attempt.problem for attempt in taken] if taken else [look.problem]
    return Inspection(
        file=str(path),
        source=recognised.source,
        release=_release(recognised, taken),
        content=_content(recognised, look, taken),
        tables=tuple(_completed(seen, taken, references, path) for seen in look.tables),
        plans=tuple(attempt.plan for attempt in taken),
        remarks=(*recognised.remarks, *look.remarks),
        problems=tuple(dict.fromkeys(filter(None, problems))),
    )


def inspect_folder(folder: Path) -> Inspection:
    """Summarise the files of a folder and its subfolders; hidden ones are left out."""
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    found = {path: _found(path, folder) for path in paths}
    problems = [file.problem for file in found.values() if file.problem is not None]
    try:
        find_files(folder, Notes())  # two of a kind
    except DeepDEPError as error:
        problems.append(one_line(error))
    is_cohort = any((folder / name).exists() for name in COHORT_FILES)
    remarks = ("deepdep validate checks it, and the pipeline starts from it",) if is_cohort else ()
    return Inspection(
        file=str(folder),
        source=None,
        release=None,
        content="cohort" if is_cohort else "folder",
        tables=(),
        plans=() if is_cohort else tuple(_plans(folder, found)),
        remarks=remarks,
        problems=tuple(problems),
        files=tuple(found.values()),
    )


def recognise(source: Path) -> Recognised:
    """Tell what a file is; BadFileError for one that holds no text, or that cannot be opened."""
    for each in sources():
        named = each.by_name(source)
        if named is not None:
            return named
    refuse_impostor(source)
    header = header_of(source, COMMENT)
    recognised = (each.by_header(source, header) for each in sources())
    return next(filter(None, recognised), None) or text_of_one_column(source)


def try_route(route: Route, references: References) -> Tried:
    """Read a file as a command does, with the tables and lists that the user gave."""
    part, of_file, notes = CohortPart(), Notes(), Notes()
    try:
        part = route.read(references.import_options, of_file)
        kept = (n for n in of_file if not route.alone or n.subject[:1] == (route.subject,))
        notes.extend(note.without(route.subject) for note in kept)
        listed = part
        if references.lists is not None and part != CohortPart():
            # What else lists bring is not of this file.
            of_features = replace(references.lists, gene_sets=None, genes_of_interest=None)
            genes = references.genes
            listed = apply_feature_lists(
                part, of_features, Fills.NONE, notes, allow_missing=False, genes=genes
            )
    except DeepDEPError as error:
        plan = Plan(_command(route, part, references), False, (), route.says)
        return Tried(plan, part, one_line(error))
    brings = brought(listed)
    sizes = {size for each in (*brought(part), *brings) for size in each.sizes}
    says = [str(note) for note in notes if note.decision not in sizes]  # `brings` has them
    plan = Plan(_command(route, part, references), True, brings, (*route.says, *says))
    return Tried(plan, part, None, tuple(notes))


def brought(part: CohortPart) -> tuple[Brought, ...]:
    """List what a part of a cohort holds."""
    brings: list[Brought] = []
    for name, samples in (("cell_lines", part.cell_lines), ("tumors", part.tumors)):
        tables = {} if samples is None else samples.tables
        for table, of_omic in tables.items():
            assembly = samples.assembly if samples and of_omic.omic is Omic.COPY_NUMBER else None
            brings.append(Brought(name, table, *of_omic.table.shape, of_omic.unit, assembly))
    if part.gene_effect is not None:
        shape, kind = part.gene_effect.table.shape, str(part.gene_effect.kind)
        brings.append(Brought(GENE_EFFECT_CONTENT, GENE_EFFECT_CONTENT, *shape, kind))
    if part.gene_sets is not None:
        n_sets = len(part.gene_sets)
        brings.append(Brought(GENE_SETS_CONTENT, GENE_SETS_CONTENT, None, n_sets, None))
    return tuple(brings)


def read_references(options: InspectOptions) -> References:
    """Read what a user named."""
    genes = NO_GENE_TABLE if options.genes_table is None else read_gene_table(options.genes_table)
    lists = None if options.feature_lists is None else read_feature_lists(options.feature_lists)
    features: dict[str, Mapping[str, pd.Index]] = {}
    if lists is not None:
        genes_of_interest = lists.genes_of_interest
        features[LISTED] = {str(omic): typical.index for omic, typical in lists.typical.items()}
        if genes_of_interest is not None:
            features[LISTED_GENES] = {GENE_EFFECT_CONTENT: pd.Index(genes_of_interest)}
    if options.against is not None:
        features |= _of_folder(options.against)
    return References(genes, lists, features, options)


def current_genes(seen: SeenTable, references: References, source: Path) -> tuple[Match, ...]:
    """Count genes that have a current symbol in the table of genes, if there is one."""
    path, labels = references.options.genes_table, list(seen.features)
    if path is None or seen.facts.features is None or not are_genes(seen.facts.features):
        return ()
    try:
        symbols = current_symbols(labels, references.genes, source, Notes())
    except BadFileError:
        return ()
    n_current = sum(symbol in references.genes.symbols for symbol in symbols)
    return (Match("features of the file", len(labels), n_current, str(path)),)


def wanted_features(
    part: CohortPart, content: str | None, references: References
) -> tuple[Match, ...]:
    """Count the wanted features of an omic, or wanted genes with an effect or in a gene set."""
    columns: dict[str, pd.Index] = {}
    for samples in (part.cell_lines, part.tumors):
        if samples is not None:
            tables = samples.tables.items()
            columns |= {name: of_omic.table.columns for name, of_omic in tables}
    if part.gene_effect is not None:
        columns[GENE_EFFECT_CONTENT] = part.gene_effect.table.columns
    if part.gene_sets is not None:
        columns[GENE_SETS_CONTENT] = pd.Index(sorted(set().union(*part.gene_sets.values())))
    if content is None or content not in columns:
        return ()
    wanted_of = GENE_EFFECT_CONTENT if content == GENE_SETS_CONTENT else content
    options = references.options
    matches = []
    for names, wanted in references.features.items():
        if wanted_of in wanted:
            found = match_features(columns[content], wanted[wanted_of], references.genes)
            where = options.feature_lists if names in (LISTED, LISTED_GENES) else options.against
            n = len(wanted[wanted_of])
            matches.append(Match(names, n, n - len(found.missing), str(where)))
    return tuple(matches)


def _release(recognised: Recognised, taken: Sequence[Tried]) -> str | None:
    """Take what import will store of it, where that says more than the header did."""
    samples = [attempt.part.cell_lines or attempt.part.tumors for attempt in taken]
    stored = next((of.release for of in samples if of is not None and of.release), None)
    says_more = stored is not None and stored.startswith(recognised.source or "")
    return stored if says_more else recognised.release or stored


def _content(recognised: Recognised, look: Look, taken: Sequence[Tried]) -> str:
    if recognised.content is not None:
        return recognised.content
    read = [brings.content for attempt in taken for brings in brought(attempt.part)]
    if read or look.fits:
        return " or ".join(dict.fromkeys(read or look.fits))
    try:
        return UNKNOWN if recognised.content_of_values is None else recognised.content_of_values()
    except BadFileError:
        return UNKNOWN


def _completed(
    seen: SeenTable, taken: Sequence[Tried], references: References, path: Path
) -> TableFacts:
    """Add to what was seen of a table what the first command that takes it tells."""
    facts = seen.facts
    matched = current_genes(seen, references, path)
    if not taken:
        return replace(facts, matched=matched)
    part, read = taken[0].part, brought(taken[0].part)
    content = facts.name or next((brings.content for brings in read), None)
    of_table = [brings for brings in read if brings.content == content]
    assemblies = [brings.assembly for brings in of_table if brings.assembly]
    unit = facts.unit
    if unit is None and facts.values is not None and len(taken) == 1:
        # Before import changed it; none is told where there are several.
        changed = [n.decision.before for n in taken[0].notes if isinstance(n.decision, UnitChange)]
        units = {brings.unit for brings in of_table if brings.unit is not None}
        if changed and units:
            unit = changed[0]
        elif len(units) == 1:
            unit = units.pop()
    return replace(
        facts,
        unit=unit,
        assembly=assemblies[0] if assemblies else facts.assembly,
        matched=(*matched, *wanted_features(part, content, references)),
    )


def _command(route: Route, part: CohortPart, references: References) -> str:
    """Add what the user gave to a command that brings samples or gene effects."""
    options = references.options
    if part == CohortPart() or part.gene_sets is not None:
        return str(route.command)
    paths = {"--genes-table": options.genes_table, "--feature-lists": options.feature_lists}
    given = {name: path for name, path in paths.items() if path is not None}
    return str(replace(route.command, options={**route.command.options, **given}))


def _found(path: Path, folder: Path) -> FileFound:
    name = str(path.relative_to(folder))
    is_binary_table = path.suffix in (*CONTAINERS, ".parquet")
    if NOT_TABLES.match(path.name) and not is_binary_table:
        return FileFound(name, None, None, NO_TABLE, None)
    try:
        recognised = recognise(path)
    except DeepDEPError as error:
        return FileFound(name, None, None, NO_TABLE, one_line(error))
    content = recognised.content or OF_VALUES
    takes = [source.takes for source in sources() if source.name == recognised.importer is not None]
    taken = any(does(path, folder) for does in takes)
    return FileFound(name, recognised.importer, recognised.source, content, None, taken)


def _plans(folder: Path, found: dict[Path, FileFound]) -> Iterator[Plan]:
    for source in sources():
        files = [
            file
            for file, what in found.items()
            if what.importer == source.name and what.taken and what.content not in OF_NO_SAMPLE
        ]
        if source.name is None or not files:
            continue
        if source.one_by_one:
            for file in files:
                yield Plan(str(Command(source.name, file)), True, (), ())
        else:
            names = shown([str(file.relative_to(folder)) for file in files])
            says = (f"takes {counted(len(files), 'file')}: {names}", *source.says_of(folder))
            yield Plan(str(Command(source.name, folder)), True, (), says)
    n_lists = sum(what.source == FEATURE_LISTS for what in found.values())
    if n_lists:
        command = Command("SOURCE", "PATH", {"--feature-lists": folder})
        yield Plan(str(command), True, (), (f"takes {counted(n_lists, 'feature list')}",))


def _of_folder(folder: Path) -> dict[str, Mapping[str, pd.Index]]:
    files = folder.glob("features_*.csv")
    stems = {file.stem.removeprefix("features_"): file.with_suffix("") for file in files}
    of_model = {
        name: read_feature_space(stems[name]).table.index
        for name in in_order(filter(table_omic, stems))
    }
    if of_model:
        return {"features of the model": of_model}
    names = {"features of the cell lines": CELL_LINES, "features of the tumors": TUMORS}
    of_cohort: dict[str, Mapping[str, pd.Index]] = {
        name: {table: found.var_names for table, found in read_modalities(folder / file)[0].items()}
        for name, file in names.items()
        if (folder / file).is_file()
    }
    if (folder / GENE_EFFECT).is_file():
        genes = read_gene_effect(folder / GENE_EFFECT).table.columns
        of_cohort["genes of the gene effects"] = {GENE_EFFECT_CONTENT: genes}
    if not of_cohort:
        raise BadFileError(
            folder, "is neither a cohort nor a model", "Name a folder that import or train wrote"
        )
    return of_cohort
