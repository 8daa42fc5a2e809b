import gzip
import signal
import subprocess
import sys
import time

import pytest

from deepdep.errors import DeepDEPError
from deepdep.sources.depmap.download import DepMapDownload
from deepdep.sources.download import HGNCDownload, MSigDBDownload, download
from deepdep.sources.download.files import PIECE
from deepdep.sources.tcga.download import TABLES, TCGADownload

RELEASE = {
    "Model.csv": b"ModelID\nACH-000001\n",
    "CRISPRGeneEffect.csv": b",TP53 (7157)\nACH-000001,0.5\n",
    "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv": b"ModelID,TP53 (7157)\n",
    "README.txt": b"DepMap Public 24Q4",
    "Extra.csv": b"not read",
}
READ_BY_IMPORT = sorted(set(RELEASE) - {"Extra.csv"})

COMMAND = "from deepdep.cli import main; main()"


@pytest.fixture
def depmap(server):
    """Ask for a release that the server has, with changes to the request."""
    server.list_release(RELEASE)

    def request(**changes):
        return DepMapDownload(**({"release": "24Q4", "base_url": f"{server.url}/portal"} | changes))

    return request


@pytest.fixture
def hub(server):
    """Serve Xena's tables, from one address for both hubs."""
    for table in TABLES:
        text = f"sample\tTCGA-A1-0001-01\n{table.holds}\t1\n".encode()
        body = gzip.compress(text, mtime=0) if table.name.endswith(".gz") else text
        server.serve(f"/download/{table.path}", body, etag=f'"{table.holds}"')
    return f"{server.url}/download"


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else None


def run(*arguments, **how):
    command = [sys.executable, "-c", COMMAND, "download", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **how)


def wait_for(ready, *, seconds=20):
    ends = time.monotonic() + seconds
    while not ready() and time.monotonic() < ends:
        time.sleep(0.01)
    return ready()


def test_a_release_brings_what_import_reads(tmp_path, depmap):
    report = download(depmap(), tmp_path / "24Q4")
    assert files_in(tmp_path / "24Q4") == READ_BY_IMPORT
    for name in READ_BY_IMPORT:
        assert (tmp_path / "24Q4" / name).read_bytes() == RELEASE[name]
    assert any(
        line.startswith("Model.csv: downloaded, 19 bytes, verified by md5") for line in report.lines
    )


def test_every_file_comes_where_it_is_asked_for(tmp_path, depmap):
    download(depmap(everything=True), tmp_path / "24Q4")
    assert files_in(tmp_path / "24Q4") == sorted(RELEASE)


def test_only_the_named_files_come(tmp_path, depmap):
    download(depmap(names=("Extra.csv", "Model.csv", "Model.csv")), tmp_path / "24Q4")
    assert files_in(tmp_path / "24Q4") == ["Extra.csv", "Model.csv"]


def test_a_second_run_brings_nothing(server, tmp_path, depmap):
    download(depmap(), tmp_path / "24Q4")
    server.log.clear()
    report = download(depmap(), tmp_path / "24Q4")
    assert {asked.path for asked in server.log} == {"/portal/api/download/files"}
    assert all("was there" in line for line in report.lines)


def test_a_folder_of_another_release_is_not_mixed(tmp_path, server, depmap):
    download(depmap(), tmp_path / "here")
    server.list_release(
        {"Model.csv": b"ModelID\nACH-000002\n", "New.csv": b"1"}, "DepMap Public 25Q2"
    )
    with pytest.raises(DeepDEPError, match=r"Model\.csv: is there, but is not the file"):
        download(depmap(release="25Q2", everything=True), tmp_path / "here")
    assert (tmp_path / "here" / "Model.csv").read_bytes() == RELEASE["Model.csv"]
    assert "New.csv" not in files_in(tmp_path / "here")


def test_a_listing_saved_from_a_browser_will_do(tmp_path, server, depmap):
    saved = tmp_path / "files.csv"
    saved.write_bytes(server.files.pop("/portal/api/download/files").body)
    download(depmap(listing=saved), tmp_path / "24Q4")
    assert files_in(tmp_path / "24Q4") == READ_BY_IMPORT


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"release": "99Q9"}, "no such release"),
        ({"release": None}, "Name a release"),
        ({"names": ("Modle.csv",)}, "no such file. It has 'Model.csv'"),
        ({"names": ("Model.csv",), "everything": True}, "give one of them"),
        ({"base_url": "ftp://example.org"}, "http:// or https://"),
    ],
)
def test_what_a_release_cannot_bring_is_an_error_and_nothing_is_written(
    tmp_path, depmap, changes, problem
):
    with pytest.raises(DeepDEPError, match=problem):
        download(depmap(**changes), tmp_path / "to")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (HGNCDownload("24Q4"), "archive goes by dates"),
        (HGNCDownload(base_url="ftp://example.org"), "http:// or https://"),
        (TCGADownload(("x",)), "TCGA has no such file"),
        (TCGADownload(("mutation",), everything=True), "give one of them"),
        (MSigDBDownload(), "licence asks you"),
    ],
)
def test_what_a_source_cannot_bring_is_an_error_and_nothing_is_written(tmp_path, source, problem):
    with pytest.raises(DeepDEPError, match=problem):
        download(source, tmp_path / "to")
    assert files_in(tmp_path) == []


def test_a_release_without_anything_to_import_is_an_error(tmp_path, server, depmap):
    server.list_release({"README.txt": b"about"})
    with pytest.raises(DeepDEPError, match="has no file that `deepdep import depmap` reads"):
        download(depmap(), tmp_path / "to")


def test_what_came_before_an_error_stays_and_the_rest_is_not_there(tmp_path, server, depmap):
    server.files["/store/CRISPRGeneEffect.csv"].body = b"damaged"
    with pytest.raises(
        DeepDEPError, match=r"CRISPRGeneEffect\.csv: what came has another checksum"
    ):
        download(depmap(), tmp_path / "24Q4")
    assert files_in(tmp_path / "24Q4") == ["Model.csv"]


def test_an_error_on_the_first_file_leaves_no_folder(tmp_path, server, depmap):
    server.files["/store/Model.csv"].status = 404
    with pytest.raises(DeepDEPError, match="no such file"):
        download(depmap(names=("Model.csv",)), tmp_path / "24Q4")
    assert files_in(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path, depmap):
    (tmp_path / "to").write_text("mine")
    with pytest.raises(DeepDEPError, match="is a file"):
        download(depmap(), tmp_path / "to")


def test_a_folder_that_may_not_be_written_is_an_error(tmp_path, depmap, monkeypatch):
    def full(self, data=None):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deepdep.sources.download.files.write_text", full)
    with pytest.raises(DeepDEPError, match=r"cannot be written \(No space left on device\)"):
        download(depmap(), tmp_path / "to")
    assert files_in(tmp_path) == []


def test_xena_brings_one_table_per_omic_and_says_what_it_leaves_out(tmp_path, hub):
    report = download(TCGADownload(base_url=hub), tmp_path / "tcga")
    assert files_in(tmp_path / "tcga") == [
        "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena.gz",
        "Survival_SupplementalTable_S1_20171025_xena_sp",
        "TCGA.PANCAN.sampleMap_Gistic2_CopyNumber_Gistic2_all_data_by_genes.gz",
        "mc3.v0.2.8.PUBLIC.nonsilentGene.xena.gz",
    ]
    assert "methylation" in report.lines[-1]
    assert "verified by size and gzip checksum" in report.lines[0]


def test_xena_brings_every_table_once_and_not_again(tmp_path, server, hub):
    request = TCGADownload(base_url=hub, everything=True)
    download(request, tmp_path / "tcga")
    assert len(files_in(tmp_path / "tcga")) == len(TABLES)
    server.log.clear()
    download(request, tmp_path / "tcga")
    assert {asked.method for asked in server.log} == {"HEAD"}


@pytest.mark.parametrize("name", ["methylation", TABLES[5].name])
def test_a_xena_table_is_named_by_what_it_holds_or_by_its_file(tmp_path, hub, name):
    download(TCGADownload(base_url=hub, names=(name,)), tmp_path / "tcga")
    assert files_in(tmp_path / "tcga") == [TABLES[5].name]


@pytest.mark.parametrize(
    ("release", "path"),
    [
        (None, "tsv/tsv/hgnc_complete_set.txt"),
        ("2024-10-01", "archive/archive/monthly/tsv/hgnc_complete_set_2024-10-01.txt"),
    ],
)
def test_hgnc_brings_its_table_of_today_or_of_a_date(tmp_path, server, release, path):
    server.serve(f"/hgnc/{path}", b"hgnc_id\tsymbol\nHGNC:11998\tTP53\n")
    request = HGNCDownload(release, f"{server.url}/hgnc")
    report = download(request, tmp_path / "hgnc")
    assert files_in(tmp_path / "hgnc") == [path.rpartition("/")[2]]
    assert report.lines[0].endswith("verified by size")


def test_the_licence_of_msigdb_is_one_line_and_exit_code_2(tmp_path):
    ended = run("msigdb", "--to", tmp_path / "to")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "gsea-msigdb.org" in ended.stderr
    assert "deepdep import gmt" in ended.stderr
    assert files_in(tmp_path) == []


def test_a_server_that_is_not_there_is_one_line_and_exit_code_2(tmp_path, server):
    server.stop()
    ended = run("hgnc", "--to", tmp_path / "to", "--base-url", server.url)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("error: http://127.0.0.1")
    assert "Connection refused" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert files_in(tmp_path) == []


def test_an_interrupted_download_ends_with_130_and_goes_on_in_the_next_call(tmp_path, server):
    body = b"hgnc_id\tsymbol\n" + b"HGNC:11998\tTP53\n" * 50_000
    path = "/tsv/tsv/hgnc_complete_set.txt"
    served = server.serve(path, body, etag='"one"', stall=2 * PIECE + 100)
    arguments = ["download", "hgnc", "--to", str(tmp_path / "to"), "--base-url", server.url]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], stderr=subprocess.PIPE, text=True
    ) as process:
        part = tmp_path / "to" / "hgnc_complete_set.txt.part"
        assert server.stalled.wait(20)
        assert wait_for(lambda: part.exists() and part.stat().st_size == 2 * PIECE)
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in shown
    assert files_in(tmp_path / "to") == [
        "hgnc_complete_set.txt.part",
        "hgnc_complete_set.txt.part.json",
    ]
    served.stall = None
    ended = run(*arguments[1:])
    assert ended.returncode == 0
    assert (tmp_path / "to" / "hgnc_complete_set.txt").read_bytes() == body
    assert files_in(tmp_path / "to") == ["hgnc_complete_set.txt"]
    assert server.gets(path)[-1].range == f"bytes={2 * PIECE}-"
