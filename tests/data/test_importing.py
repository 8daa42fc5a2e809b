from dataclasses import replace

import pandas as pd
import pytest

from deepdep.data.cohort import read_cohort
from deepdep.data.importing import import_files, write_import
from deepdep.domain.cohort import CohortPart, Samples
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.sources.feature_lists import Fills
from deepdep.sources.importing import ImportRequest


@pytest.fixture
def whole(cohort) -> CohortPart:
    """Every file of the simulated cohort."""
    return CohortPart(cohort.cell_lines, cohort.tumors, cohort.gene_effect, cohort.gene_sets)


def noting(text: str) -> Notes:
    notes = Notes()
    notes.add(text)
    return notes


READ = noting("cell_lines/expression.csv: read")


def test_what_was_imported_reads_back_and_repeats_byte_for_byte(whole, tmp_path):
    report = write_import(whole, READ, tmp_path / "first")
    write_import(whole, READ, tmp_path / "second")
    read, part = read_cohort(tmp_path / "first"), whole
    for samples, given in ((read.cell_lines, part.cell_lines), (read.tumors, part.tumors)):
        pd.testing.assert_frame_equal(samples.obs, given.obs.loc[samples.obs.index])
    pd.testing.assert_frame_equal(read.gene_effect.table, part.gene_effect.table)
    assert read.cell_lines.units == part.cell_lines.units
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
    lines = (tmp_path / "first.import.txt").read_text().splitlines()
    assert tuple(lines) == report.lines
    assert lines[0] == "cell_lines/expression.csv: read"


def test_it_says_how_several_assays_of_an_omic_are_read(whole, tmp_path):
    lines = whole.cell_lines
    tables = {name: lines.tables[name] for name in list(lines.tables)[:2]}
    first = next(iter(tables))
    for more, named in (({}, []), ({f"{first}_other": tables[first]}, [*tables, f"{first}_other"])):
        part = replace(whole, cell_lines=Samples.of_tables(tables | more, lines.obs))
        report = write_import(part, READ, tmp_path / str(len(more)))
        found = [line for line in report.lines if "omics: [" in line]
        assert [line.partition("[")[2].partition("]")[0].split(", ") for line in found] == (
            [named] if named else []
        )


def test_files_that_an_import_does_not_bring_stay_and_are_named(whole, tmp_path):
    target = tmp_path / "data"
    write_import(whole, READ, target)
    tumors = (target / "tumors.h5mu").read_bytes()
    more = CohortPart(gene_sets={"DEATH": ("TP53", "BAX")})
    report = write_import(more, noting("sets.gmt: read"), target)
    kept = "data: stays as it was: cell_lines.h5mu, gene_effect.h5ad, tumors.h5mu"
    assert report.lines[-1] == kept
    assert (target / "tumors.h5mu").read_bytes() == tumors
    assert read_cohort(target).gene_sets == {"DEATH": ("TP53", "BAX")}
    told = (tmp_path / "data.import.txt").read_text().splitlines()
    assert (told[0], told[-1]) == ("cell_lines/expression.csv: read", kept)


def test_a_whole_cohort_replaces_the_one_that_was_there_and_its_report(whole, tmp_path):
    target = tmp_path / "data"
    write_import(whole, noting("first"), target)
    write_import(whole, noting("second"), target)
    assert (tmp_path / "data.import.txt").read_text().splitlines()[0] == "second"


def test_genes_without_fingerprint_are_listed_beside_the_cohort(whole, tmp_path):
    genes = list(whole.gene_effect.table.columns)
    part = replace(whole, gene_sets={"SOME": tuple(genes[2:])})
    write_import(part, Notes(), tmp_path / "data")
    listed = (tmp_path / "data.genes_without_fingerprint.txt").read_text().splitlines()
    assert listed == genes[:2]


def test_a_folder_with_anything_else_is_not_touched(whole, tmp_path):
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter.tex").write_text("precious")
    with pytest.raises(BadFileError, match=r"no cohort's: 'chapter.tex'. Name a new folder"):
        write_import(whole, READ, target)
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.tex"]


def test_a_file_is_not_overwritten(whole, tmp_path):
    target = tmp_path / "data"
    target.write_text("precious")
    with pytest.raises(BadFileError, match="is a file"):
        write_import(whole, READ, target)
    assert target.read_text() == "precious"


def test_gene_sets_are_imported_alone_or_brought_along(tmp_path):
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("DEATH\t\tTP53\tBAX\n")
    report = import_files(ImportRequest("gmt", gmt), tmp_path / "data")
    assert report.lines == ("sets.gmt: 1 gene set", "cohort: 1 gene set of 2 genes")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["gene_sets.gmt"]


def test_fills_without_feature_lists_are_refused(tmp_path):
    request = ImportRequest("gmt", tmp_path / "sets.gmt", fills=Fills.PUBLISHED)
    with pytest.raises(DeepDEPError, match=r"--fills: .* add --feature-lists"):
        import_files(request, tmp_path / "data")


def test_a_table_of_gene_effects_is_named_for_tables_only(tmp_path):
    request = ImportRequest("gmt", tmp_path / "sets.gmt", gene_effect="chronos")
    with pytest.raises(DeepDEPError, match="--gene-effect: import gmt finds its own"):
        import_files(request, tmp_path / "data")
