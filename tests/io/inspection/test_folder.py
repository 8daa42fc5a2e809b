from deepdep.io.cohort import write_cohort
from deepdep.io.inspection import lines_of


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
    lines = lines_of(inspect(tmp_path))
    assert any("30 files: DeepDEP's lists, feature list of expression" in line for line in lines)
