import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.cohort import Source
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.genome import Assembly, Bins, Uncovered
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, UnusableUnitError
from deepdep.sources.importing import ImportOptions
from deepdep.sources.prep4deepdep import read_prep4deepdep

FILES = {
    "exp.file.txt": "Gene\tL_2\tL_1\nTP53\t1.5\t2.5\nA1BG\t0\t4\nTP53\t9\t9\n",
    "mut.file.txt": "Gene\tL_1\tL_2\nTP53\t1\t0\nKRAS\t0\t0\n",
    "meth.file.txt": "Probe\tL_1\tL_2\ncg00000002\t0.25\tNA\ncg00000001\t0.5\t1\n",
    "cna.file.txt": (
        "CCLE_name\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"
        "L_1\t1\t1\t15000\t9\t-1\nL_1\t1\t15001\t20000\t9\t0.5\nL_2\tX\t1\t30000\t9\t0.25\n"
    ),
    "dep.file.training.txt": "Gene\tL_2\tL_1\nZNF1\t-1.25\t0.25\nABL1\t0.5\t-0.75\n",
    "dep.file.prediction.txt": "Gene\nABL1\nZNF1\n",
}


def bins(*places):
    names = ["chromosome", "start", "end"]
    table = pd.DataFrame(places, columns=names).assign(name=[f"B{k}" for k in range(len(places))])
    return Bins(table[["name", *names]], Assembly.HG19)


OPTIONS = ImportOptions(NO_GENE_TABLE, None, bins(("1", 0, 20_000), ("X", 0, 30_000)))


def write(folder, **files):
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path):
    """Two lines; A1BG, TP53 and the genes of the scores are not in alphabetical order."""
    return write(tmp_path / "example", **FILES)


def as_dict(table):
    return {sample: row.dropna().to_dict() for sample, row in table.iterrows()}


def test_each_number_is_that_of_its_line_and_feature(folder):
    lines = read_prep4deepdep(folder, OPTIONS, notes=Notes()).cell_lines
    assert as_dict(lines.omics[Omic.EXPRESSION]) == {
        "L_1": {"TP53": 2.5, "A1BG": 4.0},
        "L_2": {"TP53": 1.5, "A1BG": 0.0},
    }
    assert as_dict(lines.omics[Omic.MUTATION]) == {
        "L_1": {"TP53": 1, "KRAS": 0},
        "L_2": {"TP53": 0, "KRAS": 0},
    }
    assert as_dict(lines.omics[Omic.METHYLATION]) == {
        "L_1": {"cg00000002": 0.25, "cg00000001": 0.5},
        "L_2": {"cg00000001": 1.0},
    }
    assert lines.units == {
        Omic.MUTATION: "0/1",
        Omic.EXPRESSION: "log2(TPM+1)",
        Omic.METHYLATION: "beta",
        Omic.COPY_NUMBER: "log2(CN/2)",
    }
    assert lines.obs["patient_id"].to_dict() == {"L_1": "L_1", "L_2": "L_2"}
    assert set(lines.obs["lineage"]) == {"unknown"}
    assert lines.release == "Prep4DeepDEP"


def test_segments_are_averaged_over_bins_of_hg19(folder):
    """L_1 has 10 kb of -1, then 5 kb of -1 and 5 kb of 0.5; nothing is known of its X."""
    places = bins(("1", 0, 10_000), ("1", 10_000, 20_000), ("X", 0, 10_000))
    lines = collected(read_prep4deepdep, folder, replace(OPTIONS, bins=places))
    assert as_dict(lines.value.cell_lines.omics[Omic.COPY_NUMBER]) == {
        "L_1": {"B0": -1.0, "B1": -0.25},
        "L_2": {"B2": 0.25},
    }
    assert lines.value.cell_lines.assembly == "hg19"


def test_bases_that_no_segment_covers_count_as_two_copies_only_where_asked_for(folder):
    """The bin of 40 kb has 15 kb of -1 and 5 kb of 0.5 in L_1, 30 kb of 0.25 in L_2."""
    places = bins(("1", 0, 40_000), ("X", 0, 40_000))
    options = replace(OPTIONS, bins=places, uncovered=Uncovered.ZERO)
    lines = read_prep4deepdep(folder, options, notes=Notes()).cell_lines
    assert as_dict(lines.omics[Omic.COPY_NUMBER]) == {
        "L_1": {"B0": (-15 + 2.5) / 40, "B1": 0.0},
        "L_2": {"B0": 0.0, "B1": 0.1875},
    }


def test_gene_effects_keep_the_names_of_their_genes_and_lines(folder):
    """Prep4DeepDEP gives the scores of unsorted genes to other genes."""
    gene_effect = read_prep4deepdep(folder, OPTIONS, notes=Notes()).gene_effect
    assert gene_effect.kind is GeneEffectKind.GENE_EFFECT
    assert as_dict(gene_effect.table) == {
        "L_1": {"ZNF1": 0.25, "ABL1": -0.75},
        "L_2": {"ZNF1": -1.25, "ABL1": 0.5},
    }


def test_it_is_told_what_was_taken_for_what(folder):
    (folder / "notes.docx").write_text("")
    (folder / "README.txt").write_text("What these are\n")
    said = "\n".join(collected(read_prep4deepdep, folder, OPTIONS).notes)
    assert "exp.file.txt: 2 samples x 2 features, log2(TPM+1)" in said
    assert "exp.file.txt: 1 gene left out, of which another row or column is kept: 'TP53'" in said
    assert "dep.file.training.txt: 2 cell lines x 2 genes, gene_effect" in said
    assert "dep.file.prediction.txt: 2 genes of interest" in said
    assert "README.txt: left out, no table of Prep4DeepDEP" in said
    assert "notes.docx: left out, no table of Prep4DeepDEP" in said
    assert "2 cell lines not in Model.csv" in said


def test_any_subset_will_do_and_one_file_too(tmp_path, folder):
    part = read_prep4deepdep(folder / "meth.file.txt", OPTIONS, notes=Notes())
    assert list(part.cell_lines.omics) == [Omic.METHYLATION]
    assert part.gene_effect is None
    scores = write(tmp_path / "scores", **{"dep.txt": FILES["dep.file.training.txt"]})
    part = read_prep4deepdep(scores, OPTIONS, notes=Notes())
    assert part.cell_lines is None
    assert list(part.gene_effect.table.index) == ["L_2", "L_1"]


def test_gzipped_tables_are_read_alike(tmp_path, folder):
    zipped = tmp_path / "zipped"
    zipped.mkdir()
    for name, text in FILES.items():
        (zipped / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = (
        read_prep4deepdep(f, OPTIONS, notes=Notes()).cell_lines for f in (folder, zipped)
    )
    for omic, table in plain.omics.items():
        pd.testing.assert_frame_equal(packed.omics[omic], table)


def test_shuffled_rows_and_columns_change_no_number(tmp_path, folder):
    other = write(tmp_path / "other")
    for name, text in FILES.items():
        header, *rows = text.splitlines()
        if name == "exp.file.txt":
            rows = rows[:2]
        (other / name).write_text("\n".join([header, *rows[::-1]]) + "\n")
    first, again = (read_prep4deepdep(f, OPTIONS, notes=Notes()) for f in (folder, other))
    for omic, table in first.cell_lines.omics.items():
        pd.testing.assert_frame_equal(
            again.cell_lines.omics[omic].loc[table.index, table.columns], table
        )
    table = first.gene_effect.table
    pd.testing.assert_frame_equal(again.gene_effect.table.loc[table.index, table.columns], table)


@pytest.mark.parametrize(
    ("values", "content"),
    [("1\t0", "mutation"), ("1\t3.5", "expression"), ("0.1\t-0.6", "gene effect")],
)
def test_values_tell_what_no_name_does(tmp_path, values, content):
    text = f"Gene\tL_1\tL_2\nTP53\t{values}\nMYC\t0\t1\n"
    part = read_prep4deepdep(write(tmp_path / "f", **{"table.tsv": text}), OPTIONS, notes=Notes())
    if content == "gene effect":
        assert part.cell_lines is None
        assert part.gene_effect.table.loc["L_2", "TP53"] == pytest.approx(-0.6)
    else:
        assert list(part.cell_lines.omics) == [content]


def test_a_name_settles_a_doubt(tmp_path):
    """Two genes, both 0 or 1: mutations by their values, but the file is one of expression."""
    text = "Gene\tL_1\tL_2\nTP53\t1\t0\nMYC\t0\t1\n"
    part = read_prep4deepdep(write(tmp_path / "f", **{"exp.txt": text}), OPTIONS, notes=Notes())
    assert list(part.cell_lines.omics) == [Omic.EXPRESSION]


def test_a_model_table_gives_ids_patients_and_lineages(folder):
    (folder / "Model.csv").write_text(
        "ModelID,PatientID,OncotreeLineage,CCLEName\nACH-000001,PT-1,Lung,L_1\n"
    )
    part = read_prep4deepdep(folder, OPTIONS, notes=Notes())
    assert part.cell_lines.obs.loc["ACH-000001", ["patient_id", "lineage"]].tolist() == [
        "PT-1",
        "Lung",
    ]
    assert part.cell_lines.obs.loc["L_2", "lineage"] == "unknown"
    assert part.gene_effect.patient_id.to_dict() == {"ACH-000001": "PT-1", "L_2": "L_2"}


def test_former_symbols_become_current_ones_where_a_table_of_genes_says_so(folder):
    genes = GeneTable(frozenset({"TP53", "NEW1"}), {}, {}, {"A1BG": "NEW1"})
    options = replace(OPTIONS, genes=genes)
    lines = read_prep4deepdep(folder, options, notes=Notes()).cell_lines
    assert sorted(lines.omics[Omic.EXPRESSION].columns) == ["NEW1", "TP53"]


@pytest.mark.parametrize("name", ["TCGA-05-4244-01A", "TCGA.05.4244.01A"])
def test_samples_named_by_barcodes_are_tumors(tmp_path, name):
    text = f"Gene\t{name}\tTCGA-05-4249-11A\nTP53\t1.5\t2\nMYC\t3\t4\n"
    part = read_prep4deepdep(write(tmp_path / "f", **{"exp.txt": text}), OPTIONS, notes=Notes())
    assert part.cell_lines is None
    assert list(part.tumors.omics[Omic.EXPRESSION].index) == ["TCGA-05-4244"]
    assert part.tumors.obs.loc["TCGA-05-4244", "source"] == Source.TUMOR


GENES = "".join(f"\tRPL{k}" for k in range(1, 9))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds none of Prep4DeepDEP's tables"),
        ({"README.txt": "nothing\n"}, "holds none of Prep4DeepDEP's tables"),
        (
            {"exp.txt": FILES["exp.file.txt"], "expression.tsv": FILES["exp.file.txt"]},
            "expression.tsv: is a second table of expression. Keep it or exp.txt",
        ),
        (
            {"exp.txt": "Gene\tL_1\nTP53\t1.5\nMYC\t-0.5\n"},
            "exp.txt: row 'L_1', column 'MYC'.*-0.5",
        ),
        ({"exp.txt": "Gene\tL_1\nTP53\t1.5\nMYC\t250\n"}, "exp.txt: .*is 250"),
        ({"mut.txt": "Gene\tL_1\nTP53\t1\nMYC\t0.5\n"}, "mut.txt: .*is 0.5, neither 0 nor 1"),
        ({"meth.txt": "Probe\tL_1\ncg1\t1.5\n"}, "meth.txt: .*is 1.5, and beta lies in 0 to 1"),
        ({"meth.txt": "Gene\tL_1\ncg1\t0.5\n"}, "meth.txt: line 1: lacks the column 'Probe'"),
        ({"meth.txt": "Probe\tL_1\n\t0.5\n"}, "meth.txt: row 2: has no name"),
        ({"cna.txt": "Bin\tL_1\nB1\t0.5\n"}, "cna.txt: line 1: has no columns of copy-number"),
        ({"exp.txt": f"name{GENES}\nL_1" + "\t1" * 8}, "exp.txt: line 1: lacks the column 'Gene'"),
        ({"exp.txt": f"Gene{GENES}\nL_1" + "\t1.5" * 8}, "exp.txt: columns are features, .*'RPL1'"),
        ({"exp.txt": "Gene\tTP53\nACH-000001\t1.5\nACH-000002\t2\n"}, "exp.txt: rows are samples"),
        (
            {"exp.txt": "Gene\tTCGA-05-4244-01\tL_1\nTP53\t1.5\t2\n"},
            "mixes tumours such as 'TCGA-05-4244-01' with lines such as 'L_1'",
        ),
        (
            {"table.txt": "Gene\tL_1\tL_2\nA\t-1\t1\nB\t1\t-1\nC\t-1\t1\nD\t1\t-1\n"},
            "table.txt: has negative values of mean 0 and standard deviation 1",
        ),
        (
            {**FILES, "dep.file.training.txt": "Gene\tOTHER\nZNF1\t-1.25\nABL1\t0.5\n"},
            "dep.file.training.txt: none of its lines has an omic",
        ),
        ({"dep.txt": "Gene\nABL1\nABL1\n"}, "dep.txt: row 'ABL1': occurs more than once"),
    ],
)
def test_refuses_in_one_line(tmp_path, files, message):
    with pytest.raises(BadFileError, match=message) as raised:
        read_prep4deepdep(write(tmp_path / "f", **files), OPTIONS, notes=Notes())
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="there is no such file or folder"):
        read_prep4deepdep(tmp_path / "absent", OPTIONS, notes=Notes())


def test_repeated_probes_keep_their_first_row(tmp_path):
    text = "Probe\tL_1\ncg1\t0.25\ncg2\t0.5\ncg1\t0.75\n"
    read = collected(read_prep4deepdep, write(tmp_path / "f", **{"meth.txt": text}), OPTIONS)
    table = read.value.cell_lines.omics[Omic.METHYLATION]
    np.testing.assert_array_equal(table.loc["L_1", ["cg1", "cg2"]], [0.25, 0.5])
    assert "meth.txt: 1 further row of a probe left out: 'cg1'" in read.notes


def test_segments_of_samples_without_barcodes_are_for_prep4deepdep(given, inspect):
    found = inspect(given.folder / "prep4deepdep/cna.txt")
    assert found.source == "Prep4DeepDEP"
    assert found.tables[0].assembly == "hg19"
    assert found.plans[0].command.startswith("deepdep import prep4deepdep ")


def test_a_column_gene_alone_is_a_list_of_genes(given, inspect):
    found = inspect(given.folder / "prep4deepdep/dep_prediction.txt")
    assert (found.content, found.problems) == ("genes of interest", ())
    assert found.tables[0].features.n == 2
    assert "deepdep predict --genes" in found.plans[0].says[0]


def test_a_table_that_is_refused_is_named_after_what_its_name_says(inspect, tmp_path):
    (tmp_path / "exp.txt").write_text("Gene\tA\tB\nTP53\t-1\t-2\nKRAS\t2\t2\n")
    found = inspect(tmp_path / "exp.txt")
    assert found.content == "expression"
    assert "is -1, a negative value" in found.problems[0]


@pytest.mark.parametrize(
    ("header", "content", "layout"),
    [
        ("Bin", "copy_number in published bins", "features x samples"),
        ("GeneSet", "fingerprints of genes", "gene sets x genes"),
        ("Dep_Score", "dependency scores of pairs", "one score per pair"),
    ],
)
def test_what_prep4deepdep_wrote_is_not_taken_for_samples(
    inspect, tmp_path, header, content, layout
):
    (tmp_path / "out.txt").write_text(f"{header}\tA\tB\nchr7_5473to5474_10k\t0\t1\n")
    found = inspect(tmp_path / "out.txt")
    assert (found.content, found.tables[0].orientation) == (content, layout)
    assert found.plans == ()
    assert "written by Prep4DeepDEP" in found.remarks[0]


def test_expression_that_is_not_normalised_is_told_by_the_name_of_its_file(tmp_path):
    (tmp_path / "exp_rpkm.txt").write_text("Gene\tL1\tL2\nTP53\t1.5\t2\nMYC\t3\t4.5\n")
    with pytest.raises(UnusableUnitError, match=r"exp_rpkm\.txt: holds RPKM"):
        read_prep4deepdep(tmp_path, ImportOptions(NO_GENE_TABLE, None, None), Notes())
