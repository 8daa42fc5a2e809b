import gzip

import pytest

from deepdep.errors import BadFileError
from deepdep.io.gene_sets import read_gene_sets, write_gene_sets

TEXT = "APOPTOSIS\tfrom a paper\tTP53\tBAX\tTP53\t\n\nGROWTH\t\tKRAS\r\n"
SETS = {"APOPTOSIS": ("TP53", "BAX"), "GROWTH": ("KRAS",)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sets.gmt", TEXT.encode()),
        ("sets.gmt", TEXT.encode("utf-8-sig")),
        ("sets.gmt.gz", gzip.compress(TEXT.encode(), mtime=0)),
    ],
)
def test_reads_each_gene_of_a_set_once(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    assert read_gene_sets(path) == SETS


def test_reads_what_it_wrote(tmp_path):
    write_gene_sets(SETS, tmp_path / "sets.gmt")
    assert read_gene_sets(tmp_path / "sets.gmt") == SETS


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("sets.gmt", b"A\tfrom a paper\n", "line 1: set 'A' has fewer than three"),
        ("sets.gmt", b"A\t\tTP53\n\nA\t\tKRAS\n", "line 3: set 'A' occurs more than once"),
        ("sets.gmt", b"", "is empty"),
        ("sets.gmt", b"<html>Please log in to MSigDB</html>", "web page"),
        ("sets.gmt", "GÈNES\t\tTP53\n".encode("latin-1"), "is not UTF-8"),
        ("sets.gmt.gz", gzip.compress(TEXT.encode(), mtime=0)[:20], "truncated"),
    ],
)
def test_refuses_what_is_no_gmt(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=message):
        read_gene_sets(path)


def test_refuses_a_missing_file(tmp_path):
    with pytest.raises(BadFileError, match="there is no such file"):
        read_gene_sets(tmp_path / "sets.gmt")
