import pytest


@pytest.mark.parametrize(
    ("source", "option"),
    [
        ("tcga", "--release"),
        ("tcga", "--listing"),
        ("hgnc", "--listing"),
        ("hgnc", "--file"),
        ("hgnc", "--all"),
        ("msigdb", "--base-url"),
    ],
)
def test_an_option_that_a_source_does_not_take_is_refused(deepdep, tmp_path, source, option):
    done = deepdep("download", source, option, "1", "--to", tmp_path / "to")
    assert f"No such option: {option}" in done.refusal
    assert option not in deepdep("download", source, "--help").stdout
    assert not (tmp_path / "to").exists()


def test_an_unknown_source_is_refused(deepdep, tmp_path):
    assert "'xena'" in deepdep("download", "xena", "--to", tmp_path / "to").refusal


def test_an_error_of_a_source_is_one_line(deepdep, tmp_path):
    done = deepdep("download", "hgnc", "--release", "24Q4", "--to", tmp_path / "to")
    assert "HGNC's archive goes by dates" in done.refusal
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("source", ["depmap", "tcga", "hgnc"])
@pytest.mark.parametrize("password", ["planted", "pl/nted", "pl@nted", "pl:nted", "pl%40nted"])
@pytest.mark.parametrize("place", ["http://lab:{}@127.0.0.1:1", "ftp://lab:{}@127.0.0.1"])
def test_no_part_of_a_mirror_s_password_is_shown(deepdep, tmp_path, source, password, place):
    address = place.format(password)
    done = deepdep("download", source, "--to", tmp_path / "to", "--base-url", address)
    assert "127.0.0.1" in done.refusal
    assert "nted" not in done.refusal
