import pytest

from deepdep.data.cohort import read_cohort


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "tables"
    (folder / "cell_lines").mkdir(parents=True)
    (folder / "gene_effect").mkdir()
    (folder / "cell_lines" / "expression.csv").write_text("id,TP53\nL1,1\nL2,2\nL3,3\n")
    (folder / "gene_effect" / "chronos.csv").write_text("id,TP53,MYC\nL1,-1,0.5\nL2,,0.25\n")
    return folder


def test_a_folder_of_tables_becomes_a_cohort_and_the_report_is_shown(deepdep, tables, tmp_path):
    done = deepdep(
        "import", "tables", tables, "--gene-effect", "chronos", "--to", tmp_path / "data"
    )
    assert (done.code, done.stderr) == (0, "")
    cohort = read_cohort(tmp_path / "data")
    assert cohort.gene_effect.table.loc["L1"].to_dict() == {"TP53": -1.0, "MYC": 0.5}
    assert "cohort: 3 cell lines of 3 patients and 1 lineage" in done.stdout.splitlines()
    assert done.stdout == (tmp_path / "data.import.txt").read_text()


@pytest.mark.parametrize(
    ("source", "folder", "gene_effect", "said"),
    [
        ("tables", "absent", "chronos", "absent: there is no such folder"),
        ("tables", "tables", "ceres", "ceres"),
        ("xena", "tables", "chronos", "'xena'"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    deepdep, tables, tmp_path, source, folder, gene_effect, said
):
    to = tmp_path / "data"
    done = deepdep("import", source, tmp_path / folder, "--gene-effect", gene_effect, "--to", to)
    assert said in done.refusal
    assert not to.exists()


@pytest.mark.parametrize(
    ("source", "option"),
    [
        ("depmap", "--gene-effect"),
        ("tcga", "--gene-effect"),
        ("prep4deepdep", "--copy-number-unit"),
        ("tables", "--assembly"),
        ("anndata", "--bin-width"),
        ("gmt", "--feature-lists"),
    ],
)
def test_an_option_that_a_source_does_not_take_is_refused(deepdep, tmp_path, source, option):
    done = deepdep("import", source, tmp_path, option, "1", "--to", tmp_path / "data")
    assert f"No such option: {option}" in done.refusal
    assert option not in deepdep("import", source, "--help").stdout


def test_the_help_of_a_source_shows_its_options(deepdep, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    done = deepdep("import", "depmap", "--help")
    assert (done.code, done.stderr) == (0, "")
    for option in ("--to", "--gene-sets", "--assembly", "--copy-number-unit", "--fills"):
        assert option in done.stdout


def test_the_unit_that_was_said_is_stored_and_shown(deepdep, tables, tmp_path):
    to, said = tmp_path / "data", "expression=log2(norm_count+1)"
    asked = deepdep("import", "tables", tables, "--to", tmp_path / "guessed")
    assert f"is it? Else say --unit '{said}'" in asked.stdout
    assert read_cohort(tmp_path / "guessed").cell_lines.tables["expression"].is_guess
    done = deepdep("import", "tables", tables, "--unit", said, "--to", to)
    assert not read_cohort(to).cell_lines.tables["expression"].is_guess
    assert read_cohort(to).cell_lines.tables["expression"].unit == "log2(norm_count+1)"
    assert "3 samples x 1 feature, log2(norm_count+1)" in done.stdout
    assert "is it?" not in done.stdout


@pytest.mark.parametrize("source", ["depmap", "tcga", "prep4deepdep", "tables", "anndata"])
def test_every_import_of_samples_lets_the_user_say_units(deepdep, source):
    assert "--unit" in deepdep("import", source, "--help").stdout


def test_a_unit_of_a_table_that_is_not_brought_is_refused(deepdep, tables, tmp_path):
    to = tmp_path / "data"
    done = deepdep("import", "tables", tables, "--unit", "methylation=beta", "--to", to)
    assert "brings no methylation" in done.refusal
    assert not to.exists()
