"""Every table that is read as .csv is read as .tsv, .txt, .gz and .parquet too, and alike."""

import gzip
import io
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.io.columns import all_numbers_but, header_of, read_columns
from deepdep.io.text import rows_of
from deepdep.sources.cell_lines import find_models, read_models
from deepdep.sources.feature_lists import read_feature_lists
from deepdep.sources.gene_names import read_gene_list, read_gene_table

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".parquet")
DELIMITED = (".csv", ".tsv", ".txt", ".xena")


def table_of(path):
    """The file as text, and its comments."""
    text = path.read_bytes()
    text = (gzip.decompress(text) if path.suffix == ".gz" else text).decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    separator = "\t" if "\t" in lines[0] else ","
    return pd.read_csv(
        io.StringIO("\n".join(lines)), sep=separator, dtype=str, keep_default_na=False
    ).rename(columns={"Unnamed: 0": ""})


def write_as(suffix, table, path):
    """Write text as a kind of table; Parquet has numbers where all cells of a column are."""
    if suffix == ".parquet":
        stored = {name: numbers_of(column) for name, column in table.items()}
        pd.DataFrame(stored).to_parquet(path, index=False)
        return
    text = table.to_csv(sep="," if ".csv" in suffix else "\t", index=False).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if suffix.endswith(".gz") else text)


def numbers_of(column):
    numbers = pd.to_numeric(column.replace(["", "NA"], np.nan), errors="coerce")
    are_numbers = numbers.notna().eq(~column.isin(["", "NA"])).all() and numbers.notna().any()
    return numbers if are_numbers else column


def assert_same(part, expected):
    for name in ("cell_lines", "tumors"):
        ours, theirs = getattr(part, name), getattr(expected, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            pd.testing.assert_frame_equal(ours.obs, theirs.obs)
            for omic, known in theirs.tables.items():
                assert ours.tables[omic].unit == known.unit
                pd.testing.assert_frame_equal(ours.tables[omic].table, known.table)
    if expected.gene_effect is not None:
        pd.testing.assert_frame_equal(part.gene_effect.table, expected.gene_effect.table)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "name",
    [
        "depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv",
        "depmap/mutations/OmicsSomaticMutations.csv",
        "depmap/copy_number/OmicsCNGene.csv",
        "depmap/effect/CRISPRGeneEffect.csv",
        "depmap_25q2/damaging/OmicsSomaticMutationsMatrixDamaging.csv",
        "depmap_25q2/segments/OmicsCNSegmentsWGS.csv",
        "xena/EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena",
        "xena/HumanMethylation450.betaValue_whitelisted.xena",
        "prep4deepdep/exp.txt",
        "prep4deepdep/meth.txt",
        "prep4deepdep/cna.txt",
        "tables/1/cell_lines/expression.csv",
        "tables/5/gene_effect/chronos.csv",
    ],
)
def test_a_table_is_read_alike_from_every_kind_of_file(given, inspect, tmp_path, name, suffix):
    request = given.request(name)
    folder = tmp_path / "given"
    if request.path.is_dir():
        shutil.copytree(request.path, folder)
    else:
        folder.mkdir()
        shutil.copy(request.path, folder)
    (file,) = folder.rglob(name.rpartition("/")[2])
    table = table_of(file)
    file.unlink()
    again = file.with_name(file.name.split(".")[0] + suffix)
    write_as(suffix, table, again)
    path = folder if request.path.is_dir() else again
    assert_same(replace(request, path=path).read(Notes()), request.read(Notes()))
    found, expected = inspect(again), inspect(given.folder / name)
    assert (found.content, found.problems) == (expected.content, ())
    assert found.plans[0].brings == expected.plans[0].brings


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_helps_to_read_tables_is_any_kind_of_file(tmp_path, suffix):
    models = pd.DataFrame(
        {"ModelID": ["ACH-000001"], "PatientID": ["PT-1"], "OncotreeLineage": ["Lung"]}
    )
    write_as(suffix, models, tmp_path / f"Model{suffix}")
    assert read_models(find_models(tmp_path)).obs.loc["ACH-000001", "lineage"] == "Lung"
    write_as(suffix, pd.DataFrame({"Symbol": ["TP53", "KRAS"]}), tmp_path / f"genes{suffix}")
    assert read_gene_list(tmp_path / f"genes{suffix}") == ["TP53", "KRAS"]
    hgnc = pd.DataFrame(
        {
            "symbol": ["SEPTIN9"],
            "prev_symbol": ["SEPT9"],
            "entrez_id": ["10801"],
            "ensembl_gene_id": ["ENSG00000184640"],
        }
    )
    write_as(suffix, hgnc, tmp_path / f"hgnc{suffix}")
    assert read_gene_table(tmp_path / f"hgnc{suffix}").by_entrez == {"10801": "SEPTIN9"}
    (tmp_path / "lists").mkdir()
    typical = pd.DataFrame({"Gene": ["TP53", "KRAS"], "Mean": ["1.5", "2"]})
    write_as(suffix, typical, tmp_path / "lists" / f"a{suffix}")
    lists = read_feature_lists(tmp_path / "lists")
    assert lists.typical["expression"].to_dict() == {"TP53": 1.5, "KRAS": 2.0}


def test_a_parquet_file_has_the_header_and_rows_of_its_csv(tmp_path):
    table = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan], "word": ["a", None]}, ["L1", "L2"])
    path = tmp_path / "a.parquet"
    table.to_parquet(path)
    assert header_of(path) == ["", "n", "x", "word"]
    assert [row.fields for row in rows_of(path)][1:] == [
        ["L1", "1", "0.5", "a"],
        ["L2", "2", "", ""],
    ]
    read = read_columns(path, lambda header: replace(all_numbers_but(1)(header), numbers=[1, 2]))
    np.testing.assert_array_equal(read.numbers, np.float32([[1, 0.5], [2, np.nan]]))


def test_text_among_the_numbers_of_a_parquet_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"id": ["L1", "L2"], "TP53": ["1", "high"]}).to_parquet(path, index=False)
    with pytest.raises(BadFileError, match=r"line 3, row 'L2', column 'TP53': 'high' is not a"):
        read_columns(path, all_numbers_but(1))


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(BadFileError, match="is not a complete Parquet file"):
        header_of(path)
