from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly
from deepdep.domain.omics import Omic
from deepdep.io.sources.depmap import copy_number
from deepdep.io.sources.depmap.copy_number import read_copy_number

SEGMENTS = """\
SequencingID,ModelID,IsDefaultEntryForModel,CONTIG,START,END,NUM_POINTS_COPY_RATIO,SEGMENT_COPY_NUMBER
CDS-1,ACH-000001,Yes,chr1,1,1000000,9,2
CDS-1,ACH-000001,Yes,chr1,1000001,2000000,9,0.5
CDS-2,ACH-000001,No,chr1,1,2000000,9,1
CDS-3,ACH-000002,Yes,chr1,1,2000000,9,1
"""

RATIOS = pd.DataFrame({"TP53": [1.0, 0.5], "MYC": [2.0, 4.0]}, index=["ACH-000001", "ACH-000002"])
LOG2 = np.array([[0, 1], [-1, 2]])


def values(read) -> np.ndarray:
    return read.value.known.table.to_numpy()


@pytest.mark.parametrize("name", ["OmicsCNGene.csv", "OmicsCNGeneWGS.csv", "OmicsCNGene.csv.gz"])
def test_ratios_are_linear_by_the_name_of_the_file(folder, options, name):
    read = read_copy_number(folder.matrix(name, RATIOS), None, None, options)
    np.testing.assert_allclose(values(read), LOG2, atol=1e-6)
    assert read.value.known.unit == "log2(CN/2)"
    assert read.value.assembly is None
    assert f"{name}: linear ratios turned to log2" in read.notes


def test_an_unsure_name_is_noted(folder, options):
    read = read_copy_number(folder.matrix("OmicsCNGene.csv", RATIOS), None, None, options)
    assert any("of a release before 24Q2, say --copy-number-unit" in note for note in read.notes)


def test_the_portal_s_table_has_a_pseudo_count(folder, options):
    path = folder.matrix("PortalOmicsCNGeneLog2.csv", np.log2(RATIOS + 1))
    np.testing.assert_allclose(values(read_copy_number(path, None, None, options)), LOG2, atol=1e-6)


@pytest.mark.parametrize(
    ("release", "given"), [("23Q4", np.log2(RATIOS + 1)), ("24Q2", RATIOS), ("24Q4", RATIOS)]
)
def test_the_release_tells_the_scale(folder, options, release, given):
    read = read_copy_number(folder.matrix("OmicsCNGene.csv", given), None, release, options)
    np.testing.assert_allclose(values(read), LOG2, atol=1e-6)
    assert any(f"{release} has " in note for note in read.notes)


def test_a_whole_release_without_large_values_has_a_pseudo_count(folder, options, monkeypatch):
    monkeypatch.setattr(copy_number, "CELLS_OF_A_RELEASE", RATIOS.size)
    path = folder.matrix("OmicsCNGene.csv", np.log2(RATIOS + 1))
    read = read_copy_number(path, None, None, options)
    np.testing.assert_allclose(values(read), LOG2, atol=1e-6)
    assert "OmicsCNGene.csv: no value above 8: log2(x+1), as up to 23Q4" in read.notes


def test_values_are_surer_than_the_release(folder, options):
    large = RATIOS.assign(ERBB2=[1.0, 16.0])
    read = read_copy_number(folder.matrix("OmicsCNGene.csv", large), None, "23Q4", options)
    np.testing.assert_allclose(values(read), np.c_[LOG2, [0, 4]], atol=1e-6)


def test_what_the_user_says_is_surest(folder, options):
    said = replace(options, copy_number_unit="log2(x+1)")
    path = folder.matrix("OmicsCNGeneWGS.csv", np.log2(RATIOS + 1))
    np.testing.assert_allclose(values(read_copy_number(path, None, None, said)), LOG2, atol=1e-6)


def test_the_simulated_log2_ratios_survive_the_portal_s_scale(folder, options, omics):
    simulated = omics[Omic.COPY_NUMBER].astype(float)
    path = folder.matrix("PortalOmicsCNGeneLog2.csv", np.log2(np.exp2(simulated) + 1))
    np.testing.assert_allclose(
        values(read_copy_number(path, None, None, options)), simulated, atol=1e-5
    )


def test_segments_become_bins_of_a_million_bases_where_there_is_no_table_by_gene(folder, options):
    path = folder.put("OmicsCNSegmentsWGS.csv.gz", SEGMENTS)
    read = read_copy_number(None, path, None, options)
    table = read.value.known.table
    assert list(table.columns) == ["hg38:chr1:0-1000000", "hg38:chr1:1000000-2000000"]
    np.testing.assert_allclose(table, [[1, -1], [0, 0]], atol=1e-6)
    assert read.value.assembly is Assembly.HG38


def test_the_table_by_gene_comes_first_unless_bins_are_asked_for(folder, options):
    by_gene = folder.matrix("OmicsCNGeneWGS.csv", RATIOS)
    segments = folder.put("OmicsCNSegmentsWGS.csv", SEGMENTS)
    read = read_copy_number(by_gene, segments, None, options)
    assert list(read.value.known.table.columns) == ["TP53", "MYC"]
    assert read.notes[-1] == "OmicsCNSegmentsWGS.csv: left out, OmicsCNGeneWGS.csv is there"
    asked = replace(options, bins=2_000_000)
    read = read_copy_number(by_gene, segments, None, asked)
    assert list(read.value.known.table.columns) == ["hg38:chr1:0-2000000"]
    np.testing.assert_allclose(read.value.known.table, [[0], [0]], atol=1e-6)
    assert read.notes[-1] == "OmicsCNGeneWGS.csv: left out, bins being asked for"


def test_bins_cannot_be_made_of_genes(folder, options):
    by_gene = folder.matrix("OmicsCNGene.csv", RATIOS)
    with pytest.raises(BadFileError, match="is by gene, but bins were asked for"):
        read_copy_number(by_gene, None, None, replace(options, bins=1_000_000))


def test_nothing_comes_of_nothing(options):
    assert read_copy_number(None, None, None, options).value is None


def test_refuses_a_ratio_that_no_amplification_reaches(folder, options):
    path = folder.matrix("OmicsCNGene.csv", RATIOS.assign(MYC=[1.0, 5000.0]))
    with pytest.raises(BadFileError, match=r"row 'ACH-000002', column 'MYC': is 12\.\d+, and log2"):
        read_copy_number(path, None, None, options)
