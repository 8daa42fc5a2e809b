"""What inspect says that import would do is what import does."""

import json

import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.cohort import write_gene_effect, write_samples
from deepdep.io.importing import ImportRequest, read_request
from deepdep.io.inspection import InspectOptions, inspect_file, lines_of

SEGMENTS = (
    "CCLE_name\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"
    "ACH-000001\t1\t1\t9000000\t9\t-0.4\nACH-000001\t8\t1\t249000\t9\t1.5\n"
)
NOTHING = InspectOptions(None, None, None)


@pytest.fixture
def write(cohort, tmp_path):
    """Write one file of a kind; return its path."""
    lines = cohort.cell_lines.omics
    expression = lines[Omic.EXPRESSION].iloc[:10, :30].astype(float).round(3)
    texts = {
        "exp.tsv": expression.T.rename_axis("Gene").to_csv(sep="\t"),
        "meth.tsv": lines[Omic.METHYLATION].iloc[:10].T.rename_axis("Probe").to_csv(sep="\t"),
        "cna.tsv": SEGMENTS,
        "sets.gmt": "DEATH\t\tTP53\tBAX\n",
        "OmicsExpressionProteinCodingGenesTPMLogp1.csv": expression.rename(
            columns="{} (7157)".format
        ).to_csv(),
    }

    def write_file(name):
        path = tmp_path / name
        if name == "lines.h5mu":
            write_samples(cohort.cell_lines, path)
        elif name == "effects.h5ad":
            write_gene_effect(cohort.gene_effect, path)
        else:
            path.write_text(texts[name])
        return path

    return write_file


@pytest.mark.parametrize(
    ("name", "importer"),
    [
        ("exp.tsv", "prep4deepdep"),
        ("meth.tsv", "prep4deepdep"),
        ("cna.tsv", "prep4deepdep"),
        ("sets.gmt", "gmt"),
        ("lines.h5mu", "anndata"),
        ("effects.h5ad", "anndata"),
    ],
)
def test_what_a_plan_brings_is_what_import_brings(write, name, importer):
    path = write(name)
    (plan,) = [p for p in inspect_file(path, NOTHING).plans if f"import {importer} " in p.command]
    assert plan.takes
    part = read_request(ImportRequest(importer, path)).value
    expected = {
        (source, str(omic), *table.shape, samples.units[omic])
        for source, samples in (("cell_lines", part.cell_lines), ("tumors", part.tumors))
        if samples is not None
        for omic, table in samples.omics.items()
    }
    if part.gene_effect is not None:
        shape, kind = part.gene_effect.table.shape, str(part.gene_effect.kind)
        expected.add(("gene_effect", "gene_effect", *shape, kind))
    if part.gene_sets is not None:
        expected.add(("gene_sets", "gene_sets", None, len(part.gene_sets), None))
    found = {(b.part, b.content, b.n_samples, b.n_features, b.unit) for b in plan.brings}
    assert {(*f[:2], *f[2:]) for f in found} == expected


def test_a_table_of_depmap_is_recognised_by_its_name_and_columns(write):
    found = inspect_file(write("OmicsExpressionProteinCodingGenesTPMLogp1.csv"), NOTHING)
    assert found.source == "DepMap"
    assert found.content == "expression"
    (table,) = found.tables
    assert table.orientation == "samples x features"
    assert (table.samples.n, table.samples.identifiers) == (10, "DepMap ModelID")


def test_json_and_lines_tell_the_same(write):
    found = inspect_file(write("exp.tsv"), NOTHING)
    said = json.loads(found.to_json())
    assert {"file", "source", "content", "tables", "plans", "problems"} <= said.keys()
    lines = "\n".join(lines_of(found))
    for word in (said["source"], said["content"], said["plans"][0]["command"]):
        assert word in lines


def test_a_file_that_import_refuses_is_told_with_the_words_of_import(write):
    path = write("exp.tsv")
    path.write_text(path.read_text().replace("\t0.", "\t99.", 1))
    found = inspect_file(path, NOTHING)
    with pytest.raises(BadFileError) as refused:
        read_request(ImportRequest("prep4deepdep", path))
    assert any(str(refused.value) in problem for problem in found.problems)


def test_what_is_no_data_at_all_is_refused(tmp_path):
    (tmp_path / "login.csv").write_text("<html>Sign in</html>")
    with pytest.raises(BadFileError, match="is a web page"):
        inspect_file(tmp_path / "login.csv", NOTHING)
    with pytest.raises(BadFileError, match="there is no such file"):
        inspect_file(tmp_path / "absent.csv", NOTHING)
