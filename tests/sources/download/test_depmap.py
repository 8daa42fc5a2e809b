import pytest

from deepdep.domain.notes import Notes
from deepdep.errors import DeepDEPError
from deepdep.sources.depmap.download import (
    READ_BY_IMPORT,
    Listing,
    read_by_import,
)
from deepdep.sources.depmap.layout import find_files
from deepdep.sources.download.files import Connection, RemoteFile

MD5 = "0123456789abcdef0123456789abcdef"
HEADER = "release,release_date,filename,url,md5_hash\n"
ROWS = (
    f"DepMap Public 24Q2,2024-05-21,Model.csv,https://example.org/1,{MD5}\n"
    f"DepMap Public 24Q4,2024-12-16,Model.csv,https://example.org/2?Signature=a,{MD5.upper()}\n"
    "DepMap Public 24Q4,2024-12-16,README.txt,,\n"
    f"DepMap Public 25Q2,2025-05-27,Model.csv,/portal/3,{MD5}\n"
    f"PRISM Repurposing 25Q4,2025-11-01,Model.csv,https://example.org/4,{MD5}\n"
)


@pytest.fixture
def listing_of(server):
    """Read a listing that the portal serves."""

    def listing_of(text, content_type="text/csv"):
        server.serve_listing(text, content_type)
        with Connection() as connection:
            return Listing.read(None, f"{server.url}/portal", connection)

    return listing_of


@pytest.mark.parametrize("name", ["DepMap Public 24Q4", "24Q4", "24q4", "depmap  public 24Q4"])
def test_a_release_is_found_by_its_full_or_short_name(listing_of, name):
    assert listing_of(HEADER + ROWS).find_release(name) == "DepMap Public 24Q4"


def test_an_unknown_release_names_the_nearest_and_the_newest(listing_of):
    with pytest.raises(DeepDEPError) as caught:
        listing_of(HEADER + ROWS).find_release("24Q3")
    assert "nearest are 'DepMap Public 24Q" in str(caught.value)
    assert "newest 'DepMap Public 25Q2', 'DepMap Public 24Q4'" in str(caught.value)


def test_no_release_names_the_newest(listing_of):
    with pytest.raises(DeepDEPError, match="--release; the newest are 'DepMap Public 25Q2'"):
        listing_of(HEADER + ROWS).find_release(None)


def test_files_have_their_addresses_and_checksums_if_any(listing_of):
    files = listing_of(HEADER + ROWS).files_of("DepMap Public 24Q4")
    assert files["Model.csv"].url == "https://example.org/2?Signature=a"
    assert files["Model.csv"].md5 == MD5
    assert (files["README.txt"].url, files["README.txt"].md5) == ("", None)


def test_an_address_without_a_host_is_the_portals(server, listing_of):
    files = listing_of(HEADER + ROWS).files_of("DepMap Public 25Q2")
    assert files["Model.csv"].url == f"{server.url}/portal/3"


def test_columns_count_by_name(listing_of):
    text = f"md5_hash,filename,extra,release,url,release_date\n{MD5},a.csv,?,R,https://x.org/a,1\n"
    assert listing_of(text).files_of("R")["a.csv"].md5 == MD5


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x.csv", "..", ".bashrc"])
def test_a_file_name_with_a_path_in_it_is_refused(listing_of, name):
    text = HEADER + ROWS + f"DepMap Public 24Q4,2024-12-16,{name},https://example.org/x,{MD5}\n"
    with pytest.raises(DeepDEPError, match="is not a plain file name"):
        listing_of(text).files_of("DepMap Public 24Q4")


def test_a_file_listed_twice_with_two_checksums_is_refused(listing_of):
    text = HEADER + ROWS + f"DepMap Public 24Q4,2024-12-16,Model.csv,https://x.org/x,{MD5[::-1]}\n"
    with pytest.raises(DeepDEPError, match="twice, with two checksums"):
        listing_of(text).files_of("DepMap Public 24Q4")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", "lacks the column 'filename'"),
        ('{"error": "login"}', "lacks the column"),
        (HEADER, "has no rows"),
        ("", "lacks the column"),
        (HEADER + "DepMap Public 24Q4,2024-12-16,Model.csv\n", "row 1 does not have one field"),
        (HEADER + "a,b,c,d,e,f\n", "row 1 does not have one field"),
        (HEADER + 'a,b,"c\n', "not CSV"),
        ("\0" * 10, "listing of files"),
    ],
)
def test_what_is_not_the_listing_is_refused(listing_of, text, problem):
    with pytest.raises(DeepDEPError, match=problem):
        listing_of(text)


@pytest.mark.parametrize("content_type", ["text/html; charset=UTF-8", "text/csv"])
def test_a_page_that_asks_for_a_person_says_how_to_go_on(listing_of, content_type):
    with pytest.raises(DeepDEPError, match=r"in a browser, save .* with --listing"):
        listing_of("<!DOCTYPE html><title>Verify</title>", content_type)


def test_a_portal_that_refuses_says_how_to_go_on(server):
    server.serve("/portal/api/download/files", b"", status=403)
    with Connection() as connection, pytest.raises(DeepDEPError, match="with --listing"):
        Listing.read(None, f"{server.url}/portal", connection)


def test_a_saved_listing_needs_no_portal(tmp_path):
    (tmp_path / "files.csv").write_text(HEADER + ROWS, encoding="utf-8-sig")
    with Connection() as connection:
        listing = Listing.read(tmp_path / "files.csv", None, connection)
    assert set(listing.files_of("DepMap Public 24Q4")) == {"Model.csv", "README.txt"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe\0", b"<html>"])
def test_a_saved_listing_that_is_none_is_an_error_that_names_it(tmp_path, content):
    if content is not None:
        (tmp_path / "files.csv").write_bytes(content)
    with Connection() as connection, pytest.raises(DeepDEPError, match=r"files\.csv: "):
        Listing.read(tmp_path / "files.csv", None, connection)


@pytest.mark.parametrize("generation", [0, -1])
def test_what_is_brought_by_default_is_what_import_finds(tmp_path, generation):
    offered = ["README.txt", *(names[generation] for names in READ_BY_IMPORT)]
    brought = read_by_import({name: RemoteFile(name, "") for name in [*offered, "Extra.csv"]})
    for file in brought:
        (tmp_path / file.name).touch()
    assert {file.name for file in brought} == set(offered)
    found = find_files(tmp_path, notes=Notes())
    tables = (found.models, found.gene_effect, found.expression, found.copy_number, found.segments)
    assert None not in (*tables, found.mutations)
    assert len(found.mutation_matrices) == 2


def test_of_two_files_of_the_same_kind_one_is_brought():
    names = ["OmicsCNGene.csv", "OmicsCNGeneWGS.csv"]
    brought = read_by_import({name: RemoteFile(name, "") for name in names})
    assert [file.name for file in brought] == ["OmicsCNGeneWGS.csv"]
