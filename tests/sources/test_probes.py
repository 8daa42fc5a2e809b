import numpy as np
import pandas as pd
import pytest

from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io import columns
from deepdep.sources.importing import ImportRequest
from deepdep.sources.probes import ProbeChoice

SAMPLES = [f"TCGA-AB-000{n}-01" for n in range(1, 6)]
BETAS = {
    "cg00000001": [0.1, 0.9, 0.1, 0.9, 0.5],
    "cg00000002": [0.5, 0.5, 0.5, 0.6, 0.5],
    "cg00000003": [0.3, None, 0.7, 0.5, 0.1],
    "cg00000004": [0.0, None, None, 1.0, 0.0],  # varies most, measured in too few
    "rs0000005": [0.0, 1.0, 0.0, 1.0, 0.0],  # tells people apart
    "cg00000006": [0.2, 0.4, 0.2, 0.4, 0.2],
}
MANIFEST = """Illumina, Inc.
[Heading]
Descriptor File Name,HumanMethylation450.csv
[Assay]
IlmnID,Name,UCSC_RefGene_Name,UCSC_RefGene_Group
cg00000001,cg00000001,TP53;TP53;KRAS,TSS200;TSS200;Body
cg00000002,cg00000002,TP53,TSS1500
cg00000003,cg00000003,KRAS;BRAF,TSS200;TSS1500
cg00000006,cg00000006,"KRAS","Body"
[Controls],,
21630339,STAINING
"""


@pytest.fixture(params=[1 << 20, 60], ids=["at once", "line by line"])
def matrix(tmp_path, request, monkeypatch):
    """A table of five tumours, read in one piece or in many."""
    monkeypatch.setattr(columns, "BLOCK", request.param)
    path = tmp_path / "HumanMethylation450.tsv"
    table = pd.DataFrame(BETAS, SAMPLES).T
    table.to_csv(path, sep="\t", index_label="sample", na_rep="NA")
    return path


def imported(path, **asked):
    part = ImportRequest("tcga", path, **asked).read(notes := Notes())
    return part.tumors.omics[Omic.METHYLATION], "\n".join(map(str, notes))


def write_expression(path):
    values = np.random.default_rng(0).uniform(0, 15, (30, 5)).round(2)
    genes = [f"GENE{n}" for n in range(30)]
    pd.DataFrame(values, genes, SAMPLES).to_csv(path, sep="\t", index_label="sample")


def test_listed_probes_are_kept(matrix, tmp_path):
    listed = tmp_path / "probes.txt"
    listed.write_text("# mine\ncg00000006\ncg00000002,TP53\ncg99999999\n")
    table, notes = imported(matrix, probes=listed)
    assert sorted(table.columns) == ["cg00000002", "cg00000006"]
    np.testing.assert_allclose(table["cg00000006"], BETAS["cg00000006"], rtol=1e-6)
    assert "the probes of a list of 3 kept" in notes


def test_a_listed_probe_is_found_under_the_name_of_epic_v2(tmp_path):
    path = tmp_path / "EPIC_methylation.tsv"
    names = ["cg00000001_TC11", "cg00000001_TC12", "cg00000002_BC21"]
    table = pd.DataFrame([[0.2] * 5, [0.4] * 5, [0.6] * 5], names, SAMPLES)
    table.to_csv(path, sep="\t", index_label="sample")
    (tmp_path / "probes.txt").write_text("cg00000001\n")
    found, _ = imported(path, probes=tmp_path / "probes.txt")
    assert found.columns.tolist() == ["cg00000001"]
    np.testing.assert_allclose(found["cg00000001"], 0.3, rtol=1e-6)


def test_betas_are_averaged_over_what_is_measured_of_each_promoter(matrix, tmp_path):
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(MANIFEST)
    table, notes = imported(matrix, promoters=manifest)
    assert sorted(table.columns) == ["BRAF", "KRAS", "TP53"]
    np.testing.assert_allclose(table["TP53"], [0.3, 0.7, 0.3, 0.75, 0.5], rtol=1e-6)
    np.testing.assert_allclose(table["KRAS"], np.array(BETAS["cg00000003"], float), rtol=1e-6)
    assert "averaged over the promoter of each gene" in notes


def test_a_table_of_probes_and_genes_does_as_well(matrix, tmp_path):
    genes = tmp_path / "genes.tsv"
    genes.write_text("#id\tgene\tchrom\ncg00000001\tTP53,KRAS\tchr1\ncg00000002\t.\tchr2\n")
    table, _ = imported(matrix, promoters=genes)
    assert sorted(table.columns) == ["KRAS", "TP53"]


@pytest.mark.parametrize(
    ("n", "kept"), [(1, ["cg00000001"]), (3, ["cg00000001", "cg00000003", "cg00000006"])]
)
def test_the_most_variable_probes_are_kept_in_their_order(matrix, n, kept):
    matrix.write_text(matrix.read_text().replace("rs0000005", "cg00000005").replace("1.0", "0.0"))
    table, notes = imported(matrix, most_variable=n)
    assert table.columns.tolist() == kept
    assert f"the {n} most variable probes kept" in notes


def test_the_most_variable_of_many_are_those_of_all(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "BLOCK", 500)
    rng = np.random.default_rng(0)
    names = [f"cg{n:08d}" for n in range(300)]
    table = pd.DataFrame(rng.beta(1, 1, (300, 5)).round(3), names, SAMPLES)
    path = tmp_path / "methylation.tsv"
    table.to_csv(path, sep="\t", index_label="sample")
    found, _ = imported(path, most_variable=20)
    expected = table.var(axis=1).nlargest(20).index
    assert found.columns.tolist() == [name for name in names if name in set(expected)]


def test_other_tables_beside_it_are_read_whole(matrix, tmp_path):
    write_expression(tmp_path / "HiSeqV2")
    part = ImportRequest("tcga", tmp_path, most_variable=1).read(Notes())
    shapes = {str(omic): table.shape[1] for omic, table in part.tumors.omics.items()}
    assert shapes == {"expression": 30, "methylation": 1}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"most_variable": 3, "probes": "p.txt"}, "give one of them"),
        ({"probes": "empty.txt"}, "empty.txt: lists no probe"),
        ({"promoters": "p.txt"}, "p.txt: has no column of probes and of their genes"),
        ({"probes": "p.txt"}, "has none of the rows that were asked for"),
    ],
)
def test_what_cannot_be_chosen_by_is_refused(matrix, tmp_path, asked, said):
    (tmp_path / "empty.txt").write_text("# none\n")
    (tmp_path / "p.txt").write_text("cg77777777\n")
    given = {name: tmp_path / of if isinstance(of, str) else of for name, of in asked.items()}
    with pytest.raises(DeepDEPError, match=said):
        imported(matrix, **given)


def test_probes_of_a_table_without_any_are_refused(tmp_path):
    write_expression(path := tmp_path / "HiSeqV2")
    with pytest.raises(BadFileError, match="HiSeqV2: has no table of probes"):
        ImportRequest("tcga", path, most_variable=3).read(Notes())
    with pytest.raises(DeepDEPError, match="import depmap: chooses no probes"):
        ImportRequest("depmap", tmp_path, most_variable=3).read(Notes())


def test_betas_of_one_sample_per_file_are_chosen_by_name(tmp_path):
    by_gene = {"cg00000001": ("TP53",), "cg00000002": ("TP53",)}
    choice = ProbeChoice(names=frozenset(by_gene), genes=by_gene)
    probes = ["cg00000001", "cg00000002", "cg00000003"]
    names, betas = choice.of_one_sample(probes, np.array([0.25, 0.75, 0.1], np.float32))
    assert (names, betas.tolist()) == (["TP53"], [0.5])


def test_all_probes_of_more_than_memory_holds_are_refused(tmp_path):
    path = tmp_path / "HumanMethylation450.tsv"
    rows = [f"cg{n:08d}" + "\t0.5" * 5 for n in range(10_000)]
    path.write_text("\n".join(["\t".join(["sample", *SAMPLES]), *rows]))
    with path.open("r+b") as sparse:
        sparse.truncate(1 << 42)  # takes no room on the disk
    with pytest.raises(BadFileError, match=r"--probes LIST, --promoters MANIFEST"):
        imported(path)
