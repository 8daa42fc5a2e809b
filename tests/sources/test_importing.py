from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepdep.domain.genome import Assembly, Bins
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.importing import DEFAULT_BIN_WIDTH, ImportOptions, ImportRequest

FILE = Path("cna.seg")


def options_with(bins):
    return ImportOptions(NO_GENE_TABLE, None, bins)


@pytest.mark.parametrize(("asked", "width"), [(None, DEFAULT_BIN_WIDTH), (5_000_000, 5_000_000)])
def test_bins_are_spread_over_the_build_of_the_segments(asked, width):
    bins = options_with(asked).bins_on(Assembly.HG38, FILE)
    assert bins.assembly is Assembly.HG38
    assert bins.table["end"].iloc[0] - bins.table["start"].iloc[0] == width


def test_listed_bins_of_another_build_are_refused():
    listed = Bins.uniform(5_000_000, Assembly.HG19)
    assert options_with(listed).bins_on(Assembly.HG19, FILE) is listed
    with pytest.raises(BadFileError, match=r"cna\.seg: is on hg38, and the listed bins on hg19"):
        options_with(listed).bins_on(Assembly.HG38, FILE)


@pytest.mark.parametrize(
    ("name", "units", "stored"),
    [
        ("depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv", "expression", None),
        ("depmap/copy_number/OmicsCNGene.csv", "copy_number=linear", "log2(CN/2)"),
        ("xena/HumanMethylation450.betaValue_whitelisted.xena", "methylation=beta", "beta"),
        ("xena/EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena", "expression", None),
        ("cbioportal/data_cna.txt", "copy_number=call", "call"),
        ("prep4deepdep/exp.txt", "expression", None),
        ("tables/1/cell_lines/expression.csv", "expression", None),
        ("tables/2/cell_lines/copy_number.tsv", "cell_lines/copy_number=log2(CN/2)", "log2(CN/2)"),
        ("h5/one.h5ad", "methylation=beta", "beta"),
    ],
)
def test_every_source_reads_tables_in_the_unit_that_was_said(given, name, units, stored):
    said = [units] if stored else [f"{units}=ln(TPM+1)"]
    request = given.request(name)
    part = replace(request, units=tuple(said)).read(Notes())
    (table,) = (part.cell_lines or part.tumors).tables.values()
    assert table.unit == (stored or "log2(TPM+1)")
    if stored is None:  # natural logarithms
        before = request.read(Notes())
        (as_given,) = (before.cell_lines or before.tumors).tables.values()
        np.testing.assert_allclose(table.table * np.log(2), as_given.table, rtol=1e-5, atol=1e-6)


def test_a_unit_against_what_the_file_states_is_refused(given):
    request = ImportRequest("anndata", given.folder / "h5/lines.h5mu", units=("expression=TPM",))
    with pytest.raises(BadFileError, match="says that its expression is in"):
        request.read(Notes())
