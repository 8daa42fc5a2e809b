import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from deepdep.data.cohort import write_cohort
from deepdep.domain.cohort import Source, Supplement
from deepdep.domain.features import FeatureSpace
from deepdep.domain.genome import Assembly
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.features import write_feature_space
from deepdep.sources.importing import ImportRequest


def test_files_are_told_and_the_import_that_takes_them(given, inspect):
    found = inspect(given.folder / "cbioportal")
    assert found.content == "folder"
    assert [(file.name, file.source) for file in found.files] == [
        ("data_clinical_patient.txt", "TCGA"),
        ("data_cna.txt", "TCGA"),
        ("data_mrna_seq_v2_rsem.txt", "TCGA"),
        ("data_mutations.txt", "TCGA"),
    ]
    (plan,) = found.plans
    assert plan.command == f"deepdep import tcga {given.folder}/cbioportal --to DATA"
    assert plan.says[0].startswith("takes 4 files: ")


def test_a_folder_of_tables_names_its_gene_effects(given, inspect):
    (plan,) = inspect(given.folder / "tables/5").plans
    assert plan.command == f"deepdep import tables {given.folder}/tables/5 --to DATA"
    assert plan.says == (
        "takes 1 file: 'cell_lines/expression.csv'",
        "with --gene-effect chronos",
    )


def test_supplements_are_among_the_files_that_import_takes(inspect, tmp_path):
    (tmp_path / "cell_lines").mkdir()
    for name in ("expression_ccle.csv", "subtypes_ccle.csv"):
        (tmp_path / "cell_lines" / name).write_text("id,TP53\nL1,1\n")
    (plan,) = inspect(tmp_path).plans
    assert plan.says == ("takes 1 file: 'cell_lines/expression_ccle.csv'",)


def test_import_depmap_takes_files_under_their_names_only(given, inspect, tmp_path):
    effect = (given.folder / "depmap/effect/CRISPRGeneEffect.csv").read_text()
    for name in ("CRISPRGeneEffect.csv", "mine.csv"):
        (tmp_path / name).write_text(effect)
    (plan,) = inspect(tmp_path).plans
    assert plan.says == ("takes 1 file: 'CRISPRGeneEffect.csv'",)


def test_two_tables_of_a_kind_and_broken_files_are_problems(given, inspect, tmp_path):
    effect = (given.folder / "depmap/effect/CRISPRGeneEffect.csv").read_text()
    (tmp_path / "OmicsCNGene.csv").write_text(effect)
    (tmp_path / "OmicsCNGeneWGS.csv").write_text(effect)
    (tmp_path / "page.csv").write_text("<html>")
    (tmp_path / "README.md").write_text("# <nothing>")
    found = inspect(tmp_path)
    assert found.problems == (
        f"{tmp_path}/page.csv: is a web page, not data. "
        "Download it again; its address may ask for a login",
        f"{tmp_path}/OmicsCNGeneWGS.csv: is a table of the same kind as OmicsCNGene.csv. "
        "Keep one of them",
    )
    assert {file.name: file.content for file in found.files}["README.md"] == "no table"


def test_lists_of_features_are_found(inspect, tmp_path):
    (tmp_path / "a.csv").write_text("Gene,Mean\nTP53,1\n")
    (tmp_path / "b.csv").write_text("Probe,Mean\ncg00000029,1\n")
    (plan,) = inspect(tmp_path).plans
    assert plan.command == f"deepdep import SOURCE PATH --feature-lists {tmp_path} --to DATA"


def test_a_cohort_is_told(cohort, inspect, tmp_path):
    write_cohort(cohort, tmp_path / "data")
    found = inspect(tmp_path / "data")
    assert (found.content, found.plans) == ("cohort", ())
    assert "deepdep validate" in found.remarks[0]


def test_many_files_are_counted_by_kind(inspect, tmp_path):
    for k in range(30):
        (tmp_path / f"{k}.csv").write_text("Gene,Mean\nTP53,1\n")
    lines = inspect(tmp_path).lines()
    assert any("30 files: DeepDEP's lists, feature list of expression" in line for line in lines)


SAMPLES, FEATURES = "samples x features", "features x samples"

# Content, layout and unit of each file; the unit is that in the file.
GOOD = {
    "depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv": (
        "expression",
        SAMPLES,
        "log2(TPM+1)",
    ),
    "depmap/mutations/OmicsSomaticMutations.csv": ("mutation", "one mutation per row", None),
    "depmap/copy_number/OmicsCNGene.csv": ("copy_number", SAMPLES, "linear ratios"),
    "depmap/portal/PortalOmicsCNGeneLog2.csv": ("copy_number", SAMPLES, "log2(x+1) ratios"),
    "depmap/effect/CRISPRGeneEffect.csv": ("gene_effect", SAMPLES, "gene_effect"),
    "depmap_25q2/expression/OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz": (
        "expression",
        SAMPLES,
        "log2(TPM+1)",
    ),
    "depmap_25q2/damaging/OmicsSomaticMutationsMatrixDamaging.csv": ("mutation", SAMPLES, "0/1"),
    "depmap_25q2/segments/OmicsCNSegmentsWGS.csv": (
        "copy_number",
        "one segment per row",
        "linear ratios",
    ),
    "xena/EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena": (
        "expression",
        FEATURES,
        "log2(norm_count+1)",
    ),
    "xena/mc3.v0.2.8.PUBLIC.nonsilentGene.xena": ("mutation", FEATURES, "0/1"),
    "xena/HumanMethylation450.betaValue_whitelisted.xena": ("methylation", FEATURES, "beta"),
    "xena/broad.mit.edu_PANCAN_Genome_Wide_SNP_6.gene.xena": (
        "copy_number",
        FEATURES,
        "log2(CN/2)",
    ),
    "gdc/id-0/0-aaaa.rna_seq.augmented_star_gene_counts.tsv": (
        "expression",
        "GDC STAR counts of one sample",
        "TPM (tpm_unstranded)",
    ),
    "cbioportal/data_mrna_seq_v2_rsem.txt": ("expression", FEATURES, "counts (RSEM)"),
    "cbioportal/data_cna.txt": ("copy_number", FEATURES, "call"),
    "cbioportal/data_mutations.txt": ("mutation", "one mutation per row", None),
    "seg/some.seg": ("copy_number", "one segment per row", "log2(CN/2)"),
    "prep4deepdep/exp.txt": ("expression", FEATURES, "log2(TPM+1)"),
    "prep4deepdep/mut.txt": ("mutation", FEATURES, "0/1"),
    "prep4deepdep/meth.txt": ("methylation", FEATURES, "beta"),
    "prep4deepdep/dep.txt": ("gene_effect", FEATURES, "gene_effect"),
    "prep4deepdep/cna.txt": ("copy_number", "one segment per row", "log2(CN/2)"),
    "tables/1/cell_lines/expression.csv": ("expression", SAMPLES, "log2(TPM+1)"),
    "tables/2/cell_lines/copy_number.tsv": ("copy_number", SAMPLES, "log2(CN/2)"),
    "tables/3/cell_lines/mutation.parquet": ("mutation", SAMPLES, "0/1"),
    "tables/4/tumors/methylation.csv": ("methylation", SAMPLES, "beta"),
    "tables/5/gene_effect/chronos.csv": ("gene_effect", SAMPLES, "gene_effect"),
    "tables/6/gene_effect/classes.csv": ("gene_effect", SAMPLES, "classes 0, 1, 2"),
    "gmt/sets.gmt": ("gene_sets", "one gene set per row", None),
    "h5/one.h5ad": ("methylation", SAMPLES, "beta"),
    "h5/e.h5ad": ("gene_effect", SAMPLES, "gene_effect"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_what_it_is_said_to_be(name, given, inspect):
    found = inspect(given.folder / name)
    (table,) = found.tables
    assert found.problems == ()
    assert (found.content, table.orientation, table.unit) == GOOD[name]


def brought(part):
    """What an import brings: by part and content, its unit and size."""
    omics = {
        ("cell_lines" if samples is part.cell_lines else "tumors", str(omic)): (
            samples.units[omic],
            *table.shape,
        )
        for samples in (part.cell_lines, part.tumors)
        if samples is not None
        for omic, table in samples.omics.items()
    }
    effect, sets = part.gene_effect, part.gene_sets
    if effect is not None:
        omics["gene_effect", "gene_effect"] = (str(effect.kind), *effect.table.shape)
    if sets is not None:
        omics["gene_sets", "gene_sets"] = (None, None, len(sets))
    return omics


@pytest.mark.parametrize("name", GOOD)
def test_import_brings_what_inspect_says_that_it_brings(name, given, inspect):
    (plan,) = inspect(given.folder / name).plans
    request = given.request(name)
    said = {(b.part, b.content): (b.unit, b.n_samples, b.n_features) for b in plan.brings}
    done = brought(request.read(Notes()))
    assert plan.takes
    assert plan.command.startswith(f"deepdep import {request.source} ")
    assert said
    assert said.items() <= done.items()


@pytest.mark.parametrize("name", [name for name in GOOD if GOOD[name][1] in (SAMPLES, FEATURES)])
def test_size_range_and_names_are_those_of_the_file(name, given, inspect, small, effects):
    (table,) = inspect(given.folder / name).tables
    if "depmap_25q2" in name:
        return  # has further sequencings, see test_of_depmap
    origin = "tumors" if name.startswith(("xena", "cbio", "tables/4")) else "cell_lines"
    content = GOOD[name][0]
    simulated = effects if content == "gene_effect" else small[origin][Omic(content)]
    n_samples, n_features = simulated.shape
    assert (table.samples.n, table.features.n) == (n_samples, n_features)
    rows, columns = (n_samples, n_features) if GOOD[name][1] == SAMPLES else (n_features, n_samples)
    assert (table.n_rows, table.n_columns) == (rows, columns)
    assert table.samples.examples == tuple(simulated.index[:3])
    if table.unit == "log2(TPM+1)":
        assert table.values.minimum == pytest.approx(simulated.to_numpy().min(), rel=1e-5)
        assert table.values.maximum == pytest.approx(simulated.to_numpy().max(), rel=1e-5)
        assert table.values.missing_share == 0


def lines_of_text(change):
    return lambda text: "".join(change([*text.splitlines(keepends=True)]))


# What is done to a file, by its name; each is refused by import.
BAD = {
    "raw TPM": (
        "depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv",
        lambda text: re.sub(r"(?<=,)(\d+)(?=\.)", r"9\1", text),
    ),
    "a row cut short": (
        "depmap/copy_number/OmicsCNGene.csv",
        lambda text: text[: text.rindex(",")],
    ),
    "text in a cell": (
        "depmap/effect/CRISPRGeneEffect.csv",
        lambda text: re.sub(r",-0\.\d+", ",high", text, count=1),
    ),
    "a probability of dependency": (
        "tables/5/gene_effect/chronos.csv",
        lambda text: re.sub(r",-?\d\.\d+", ",0.5", text),
    ),
    "a gene twice": (
        "tables/1/cell_lines/expression.csv",
        lines_of_text(lambda lines: [re.sub(r"(,[^,]+)(?=,)", r"\1\1", lines[0], count=1)]),
    ),
    "a gene that Excel made a date": (
        "tables/1/cell_lines/expression.csv",
        lambda text: text.replace(",", ",2-Sep,", 1).replace("\nACH-000001,", "\nACH-000001,1,"),
    ),
    "transposed": (
        "tables/2/cell_lines/copy_number.tsv",
        lambda text: "".join(
            "\t".join(row) + "\n"
            for row in zip(*(line.split("\t") for line in text.splitlines()), strict=True)
        ),
    ),
    "betas in per cent": (
        "prep4deepdep/meth.txt",
        lambda text: re.sub(r"\t0\.(\d\d)", r"\t\1.", text),
    ),
    "genes by Ensembl id": (
        "xena/broad.mit.edu_PANCAN_Genome_Wide_SNP_6.gene.xena",
        lambda text: "".join(
            re.sub(r"^[^\t]+", f"ENSG{k:011d}", line) if k else line
            for k, line in enumerate(text.splitlines(keepends=True))
        ),
    ),
    "a segment beyond its chromosome": (
        "prep4deepdep/cna.txt",
        lambda text: text.replace("\t59100000\t", "\t99100000\t"),
    ),
    "segments that could be on either build": (
        "seg/some.seg",
        lambda text: text.replace("\t58700000\t59100000\t", "\t58000000\t58500000\t"),
    ),
    "a mutation of 3": (
        "xena/mc3.v0.2.8.PUBLIC.nonsilentGene.xena",
        lambda text: text.replace("\t1.0", "\t3.0", 1),
    ),
    "no sample sheet": (
        "gdc/id-0/0-aaaa.rna_seq.augmented_star_gene_counts.tsv",
        lambda text: text,
    ),
    "a set without genes": ("gmt/sets.gmt", lambda text: text + "LONELY\tno gene\n"),
    "a header only": ("depmap/copy_number/OmicsCNGene.csv", lambda text: text.split("\n")[0]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_has_the_problem_that_import_names(case, given, inspect, tmp_path):
    name, spoil = BAD[case]
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(spoil((given.folder / name).read_text()))
    if name.startswith("tables/5"):
        lines = path.parent.parent / "cell_lines"
        lines.mkdir()
        good = given.folder / "tables/1/cell_lines/expression.csv"
        (lines / "expression.csv").write_text(good.read_text())
    request = type(given)(tmp_path).request(name)
    if case == "no sample sheet":
        request = ImportRequest("tcga", path)
    with pytest.raises(DeepDEPError) as refused:
        request.read(Notes())
    found = inspect(path)
    assert found.problems == (str(refused.value),)
    assert [plan.takes for plan in found.plans] == [False]
    assert found.tables[0].orientation is not None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.csv", None, "there is no such file"),
        ("empty.csv", b"", "is empty"),
        ("page.csv", b"<!DOCTYPE html><p>Log in", "is a web page"),
        ("plain.csv.gz", b"id,TP53\nL1,1\n", "is not gzipped"),
        ("excel.csv", b"PK\x03\x04", "is an Excel workbook"),
        ("wide.csv", b"\xff\xfea\0,\0b\0", "is UTF-16"),
        ("points.csv", b"id;TP53\nL1;1,5\n", "semicolons"),
        ("lost.parquet", b"PAR1 and no more", "is not a complete Parquet file"),
        ("lost.h5mu", b"\x89HDF and no more", "is not a complete .h5mu file"),
    ],
)
def test_a_file_of_which_nothing_can_be_said_is_refused(tmp_path, inspect, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadFileError, match=said):
        inspect(path)


def test_a_gzip_file_that_stops_early_is_refused_and_not_described(given, inspect, tmp_path):
    name = "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    whole = (given.folder / "depmap_25q2/expression" / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:-40])
    with pytest.raises(BadFileError, match="truncated or damaged gzip"):
        inspect(tmp_path / name)


def test_the_keys_of_the_json_are_those_that_programs_know(given, inspect):
    name = "xena/EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena"
    found = json.loads(inspect(given.folder / name).to_json())
    assert [*found] == [
        *("file", "source", "release", "content", "tables", "plans"),
        *("remarks", "problems", "files"),
    ]
    (table,), (plan,) = found["tables"], found["plans"]
    assert [*table] == [
        *("name", "orientation", "n_rows", "n_columns", "samples", "features"),
        *("unit", "values", "assembly", "matched"),
    ]
    assert [*table["samples"]] == [*table["features"]] == ["n", "identifiers", "examples"]
    assert [*table["values"]] == ["minimum", "median", "maximum", "missing_share"]
    assert [*plan] == ["command", "takes", "brings", "says"]
    assert [*plan["brings"][0]] == [
        *("part", "content", "n_samples", "n_features", "unit", "assembly"),
    ]


def test_the_build_of_segments_is_told_or_both_are_named(given, inspect, tmp_path):
    (table,) = inspect(given.folder / "seg/some.seg").tables
    assert table.assembly == Assembly.HG19
    text = (given.folder / "seg/some.seg").read_text()
    (tmp_path / "some.seg").write_text(text.replace("\t58700000\t59100000\t", "\t1\t2\t"))
    (table,) = inspect(tmp_path / "some.seg").tables
    assert table.assembly == "hg19 or hg38"


def test_nothing_is_written(given, inspect):
    before = sorted(given.folder.rglob("*"))
    for name in GOOD:
        inspect(given.folder / name)
    assert sorted(given.folder.rglob("*")) == before


HGNC = (
    "symbol\tprev_symbol\tentrez_id\tensembl_gene_id\nSEPTIN9\tSEPT9\t1\tENSG1\nTP53\t\t2\tENSG2\n"
)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "cell_lines").mkdir()
    path = tmp_path / "cell_lines/expression.csv"
    path.write_text("id,TP53,SEPT9,MADEUP\nL1,1,2,3\nL2,2,4,1\n")
    return path


@pytest.fixture
def genes_table(tmp_path):
    (tmp_path / "hgnc.txt").write_text(HGNC)
    return tmp_path / "hgnc.txt"


@pytest.fixture
def lists(tmp_path):
    def write(*genes):
        folder = tmp_path / "lists"
        folder.mkdir()
        (folder / "a.csv").write_text("Gene,Mean\n" + "".join(f"{gene},1\n" for gene in genes))
        (folder / "b.csv").write_text("Gene\nTP53\nABL1\n")
        return folder

    return write


def shares(table):
    return [(match.names, match.n_matched, match.n) for match in table.matched]


def test_genes_with_a_current_symbol_are_counted(table, genes_table, inspect):
    found = inspect(table, genes_table=genes_table)
    assert shares(found.tables[0]) == [("features of the file", 2, 3)]
    assert f"--genes-table {genes_table} --to" in found.plans[0].command


def test_listed_features_are_counted_and_import_keeps_them_only(table, lists, inspect):
    found = inspect(table, feature_lists=lists("MADEUP", "TP53"))
    assert shares(found.tables[0]) == [("listed features", 2, 2)]
    assert found.plans[0].brings[0].n_features == 2
    assert "--feature-lists" in found.plans[0].command


def test_a_list_is_matched_by_the_symbols_that_genes_have_now(table, lists, genes_table, inspect):
    found = inspect(table, feature_lists=lists("SEPT9", "TP53"), genes_table=genes_table)
    assert shares(found.tables[0])[1] == ("listed features", 2, 2)


def test_too_few_listed_features_are_counted_and_are_the_problem_that_import_names(
    table, lists, inspect
):
    found = inspect(table, feature_lists=lists("TP53", "KRAS", "MYC"))
    assert shares(found.tables[0]) == [("listed features", 1, 3)]
    assert found.content == "expression"
    assert "lacks 2 of the features listed" in found.problems[0]


def test_genes_of_interest_are_looked_for_in_gene_sets(lists, tmp_path, inspect):
    (tmp_path / "mine.gmt").write_text("A\tx\tTP53\tMYC\n")
    found = inspect(tmp_path / "mine.gmt", feature_lists=lists("TP53"))
    assert shares(found.tables[0]) == [("listed genes of interest", 1, 2)]


def test_features_of_a_cohort_are_looked_for(cohort, given, inspect, small, tmp_path):
    write_cohort(cohort, tmp_path / "data")
    path = given.folder / "tables/1/cell_lines/expression.csv"
    found = inspect(path, against=tmp_path / "data")
    n_cohort = cohort.cell_lines.omics[Omic.EXPRESSION].shape[1]
    n_file = small["cell_lines"][Omic.EXPRESSION].shape[1]
    assert shares(found.tables[0])[0] == ("features of the cell lines", n_file, n_cohort)


def test_features_of_a_supplement_are_looked_for_under_its_name(cohort, inspect, tmp_path):
    lines = cohort.cell_lines
    array = lines.omics[Omic.EXPRESSION].iloc[:4, :3]
    supplements = {"expression_array": Supplement(Omic.EXPRESSION, array, "log2(TPM+1)")}
    whole = replace(cohort, cell_lines=replace(lines, supplements=supplements))
    write_cohort(whole, tmp_path / "data")
    (tmp_path / "cell_lines").mkdir()
    array.iloc[:, :2].to_csv(tmp_path / "cell_lines/expression_array.csv")
    found = inspect(tmp_path / "cell_lines/expression_array.csv", against=tmp_path / "data")
    assert shares(found.tables[0]) == [("features of the cell lines", 2, 3)]


def test_features_of_a_model_are_looked_for(table, inspect, tmp_path):
    model = tmp_path / "predictor"
    model.mkdir()
    features = pd.DataFrame({"in_tumors": True}, index=pd.Index(["TP53", "KRAS"], name="feature"))
    space = FeatureSpace(features, within_sample=False, units={Source.TUMOR: "z-score"})
    write_feature_space(space, model / "features_expression")
    (seen,) = inspect(table, against=model).tables
    assert shares(seen) == [("features of the model", 1, 2)]
