"""Files that no model of ours holds: most of them can run code when they are opened."""

from pathlib import Path

TABLES, HDF5 = (".csv", ".gmt", ".json"), (".h5ad", ".weights.h5")

HDF5_BEGINS = b"\x89HDF\r\n\x1a\n"
ZIP_BEGINS = b"PK\x03\x04"
PICKLES = (".pkl", ".pickle", ".cloudpickle", ".joblib", ".dill", ".pt", ".pth")
ARRAYS = (".npy", ".npz")


def strangeness(file: Path) -> str | None:
    """Tell what makes a file no part of a model, in words; None for one that may be.

    Only the name and the first bytes are looked at.
    """
    with file.open("rb") as stream:
        begins = stream.read(len(HDF5_BEGINS))
    if file.suffix in PICKLES or _is_pickle(begins):
        return "is a pickle, which runs code when it is read"
    if file.suffix in ARRAYS:
        return "is a NumPy file, which may hold a pickle"
    if file.suffix == ".keras" or begins.startswith(ZIP_BEGINS):
        return "is an archive, as of a whole Keras model, whose layers may hold code"
    if file.suffix in (".h5", ".hdf5") and not file.name.endswith(HDF5):
        return "is a whole Keras model of the old kind, whose layers may hold code"
    if not file.name.endswith((*TABLES, *HDF5)):
        return "is no part of a model, which is tables and weights only"
    if file.name.endswith(HDF5) and begins != HDF5_BEGINS:
        return "is not an HDF5 file, as its name says"
    return None


def _is_pickle(begins: bytes) -> bool:
    """Whether a file begins as pickles since protocol 2 do; text never does."""
    return begins[:1] == b"\x80" and begins[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
