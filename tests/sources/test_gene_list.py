import gzip

import pytest

from deepdep.errors import BadFileError
from deepdep.sources.gene_list import read_gene_list


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("TP53\nMYC\n", ["TP53", "MYC"]),
        ("TP53\r\nMYC", ["TP53", "MYC"]),
        ("MYC\nTP53\nMYC\n", ["MYC", "TP53"]),  # in order, each once
        ("# mine\n\nTP53  # the guardian\n", ["TP53"]),
        ("gene,r\nTP53,0.3\n", ["TP53"]),
        ('"Symbol"\t"r"\n"TP53"\t0.3\n', ["TP53"]),
        ("\ufeffHugo_Symbol\nNA\n", ["NA"]),  # a gene may be called NA
        ("# none\n", []),
        ("", []),
    ],
)
def test_symbols_are_the_first_field_of_each_line(tmp_path, text, symbols):
    file = tmp_path / "genes.txt"
    file.write_bytes(text.encode())
    assert read_gene_list(file) == symbols


@pytest.mark.parametrize("content", [None, b"TP53\n\xff\xfe\n"])
def test_what_is_no_text_is_refused(tmp_path, content):
    file = tmp_path / "genes.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadFileError, match=r"genes.txt: cannot be read as text"):
        read_gene_list(file)


def test_a_gzipped_list_is_read_alike(tmp_path):
    file = tmp_path / "genes.txt.gz"
    file.write_bytes(gzip.compress(b"Gene\nMYC\nTP53\n"))
    assert read_gene_list(file) == ["MYC", "TP53"]
