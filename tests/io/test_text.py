import gzip

import pytest

from deepdep.errors import BadFileError
from deepdep.io.text import HEAD, open_text, open_text_bytes

LONG = "id,TP53\n" + "ACH-000001,1.5\n" * 200  # a header, and more than is looked at first


def write(folder, text, *, zipped):
    path = folder / ("t.csv.gz" if zipped else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    return path


@pytest.mark.parametrize("zipped", [False, True])
def test_text_is_read_to_its_end(tmp_path, zipped):
    path = write(tmp_path, "\ufeff" + LONG, zipped=zipped)
    with open_text(path) as text:
        assert text.readline() == "id,TP53\n"
        assert text.read() == LONG[8:]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("reader", [open_text, open_text_bytes])
def test_a_nul_far_down_is_refused_with_its_line(tmp_path, reader, zipped):
    """HDF5 cannot store it in a name, so that nothing could be written."""
    assert len(LONG) > HEAD
    path = write(tmp_path, LONG + "ACH-\0,2\n", zipped=zipped)
    with pytest.raises(BadFileError, match="line 202: holds a NUL byte"), reader(path) as text:
        text.read()
