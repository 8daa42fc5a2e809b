from pathlib import Path

from deepdep.sources import sources
from deepdep.sources.source import Command


def test_a_command_is_written_as_a_user_types_it():
    assert str(Command("gmt", Path("my sets.gmt"))) == "deepdep import gmt 'my sets.gmt' --to DATA"
    command = Command("SOURCE", "PATH", {"--genes-table": Path("hgnc.tsv")})
    assert str(command) == "deepdep import SOURCE PATH --genes-table hgnc.tsv --to DATA"


def test_every_word_after_import_is_of_one_source():
    names = [source.name for source in sources() if source.name is not None]
    assert sorted(names) == ["anndata", "depmap", "gmt", "prep4deepdep", "tables", "tcga"]


def test_most_imports_of_a_folder_read_what_stands_in_it(tmp_path):
    takes = {source.name: source.takes for source in sources()}
    folder = Path("folder")
    assert takes["prep4deepdep"](folder / "exp.txt", folder)
    assert not takes["prep4deepdep"](folder / "more" / "exp.txt", folder)
    for place, is_taken in (("more", True), ("logs", False)):
        maf = tmp_path / place / "some.maf"
        maf.parent.mkdir()
        maf.write_text("Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n")
        assert takes["tcga"](maf, tmp_path) is is_taken
    assert takes["depmap"](folder / "Model.csv", folder)
    assert not takes["depmap"](folder / "mine.csv", folder)
    assert takes["tables"](folder / "tumors" / "expression.csv", folder)
    assert not takes["tables"](folder / "expression.csv", folder)
