import pytest

from deepdep.domain.errors import DeepDEPError
from deepdep.io.download.remote_file import RemoteFile, plain

URL = "https://example.org/a.csv"


@pytest.mark.parametrize(
    "name",
    [
        "../x.csv",
        "/etc/x",
        "a/b.csv",
        "..",
        ".",
        ".hidden",
        "",
        "a\\b.csv",
        "a\nb",
        "a\0b",
        "x" * 201,
    ],
)
def test_a_name_that_is_no_plain_file_name_is_refused(name):
    with pytest.raises(DeepDEPError, match="plain file name"):
        RemoteFile(name, URL)


def test_xena_names_with_plus_signs_are_plain():
    assert RemoteFile("EB++AdjustPANCAN.xena.gz", URL).name == "EB++AdjustPANCAN.xena.gz"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "a.csv"])
def test_an_address_that_is_not_of_the_web_is_refused(url):
    with pytest.raises(DeepDEPError, match="http or https"):
        RemoteFile("a.csv", url)


def test_a_checksum_that_is_no_md5_is_refused():
    with pytest.raises(DeepDEPError, match="not an md5"):
        RemoteFile("a.csv", URL, md5="abc")


def test_a_signature_is_not_shown():
    assert plain(URL + "?Signature=secret") == URL
