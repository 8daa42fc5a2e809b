import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.mappings import read_json, read_yaml


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_a_mapping_is_read(tmp_path, read):
    (tmp_path / "file").write_text('{"a": {"b": [1, 2]}}')
    assert read(tmp_path / "file") == {"a": {"b": [1, 2]}}


@pytest.mark.parametrize("read", [read_json, read_yaml])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"a": [', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[1, 2]", "is not a mapping"),
        (b"null", "is not a mapping"),
    ],
)
def test_anything_else_is_refused(tmp_path, read, content, problem):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BadFileError, match=f"file: {problem}"):
        read(tmp_path / "file")


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_a_missing_file_is_refused(tmp_path, read):
    with pytest.raises(BadFileError, match="there is no such file"):
        read(tmp_path / "file")
