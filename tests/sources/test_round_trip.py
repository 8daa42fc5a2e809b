"""What is imported from any source, opens in plain MuData and AnnData, and is imported again."""

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
from good_files import READERS, asked, effects, small

from deepdep.data.importing import import_files
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.simulation.settings import TINY
from deepdep.sources.importing import ImportRequest

ALL = {*TINY.n_features}
CALLED = {Omic.EXPRESSION, Omic.MUTATION}

# Omics whose numbers are those of the simulation; the others are made of segments, or calls.
SIMULATED = {
    "tables": ALL,
    "tables.tsv.gz": ALL,
    "parquet": ALL,
    "depmap": ALL - {Omic.METHYLATION},
    "depmap_25q2": CALLED,
    "xena": ALL,
    "gdc": CALLED | {Omic.METHYLATION},
    "cbioportal": CALLED,
    "maf": {Omic.MUTATION},
    "seg": set(),
    "prep4deepdep": ALL - {Omic.COPY_NUMBER},
    "h5ad": {Omic.EXPRESSION},
    "h5mu": ALL,
}


@pytest.fixture(params=SIMULATED)
def request_of(request, cohort, tmp_path):
    """A request for an import of small files of the simulated cohort, and its name."""
    folder = tmp_path / "files"
    folder.mkdir()
    READERS[request.param].write(cohort, folder)
    return asked(READERS[request.param].command, folder), request.param


def test_numbers_in_the_files_are_those_that_were_read_and_simulated(request_of, cohort, tmp_path):
    request, name = request_of
    import_files(request, tmp_path / "data")
    part = request.read(Notes())
    equal = set()
    for samples, file, given in (
        (part.cell_lines, "cell_lines.h5mu", cohort.cell_lines),
        (part.tumors, "tumors.h5mu", cohort.tumors),
    ):
        if samples is None:
            assert not (tmp_path / "data" / file).exists()
            continue
        opened = mudata.read_h5mu(tmp_path / "data" / file)
        assert set(opened.mod) == {str(omic) for omic in samples.omics}
        pd.testing.assert_frame_equal(
            opened.obs.astype(str), samples.obs.loc[opened.obs_names].astype(str), check_names=False
        )
        for omic, table in samples.omics.items():
            modality = opened.mod[str(omic)]
            assert modality.uns["unit"] == samples.units[omic]
            read = modality.to_df()
            pd.testing.assert_frame_equal(read, table, check_names=False)
            equal |= {omic} if equals(read, small(given)[omic]) else set()
    assert equal == SIMULATED[name]


def equals(read: pd.DataFrame, simulated: pd.DataFrame) -> bool:
    """Whether all numbers are those that were simulated of the sample and the feature."""
    of_patients = read.index.str.startswith("TCGA").all()
    named = simulated.set_axis(simulated.index.str[:12]) if of_patients else simulated
    if not (set(read.index) <= set(named.index) and set(read.columns) == set(named.columns)):
        return False
    return np.allclose(read, named.loc[read.index, read.columns], rtol=0, atol=1e-5)


def test_gene_effects_in_the_file_are_those_that_were_simulated(request_of, cohort, tmp_path):
    request, _ = request_of
    import_files(request, tmp_path / "data")
    file = tmp_path / "data" / "gene_effect.h5ad"
    if not file.exists():
        assert request.read(Notes()).gene_effect is None
        return
    read = anndata.read_h5ad(file).to_df()
    simulated = effects(cohort, small(cohort.cell_lines)[Omic.EXPRESSION].index)
    assert set(read.columns) == set(simulated.columns)
    np.testing.assert_allclose(read.loc[simulated.index, simulated.columns], simulated, rtol=1e-6)


def test_files_that_were_written_are_imported_again_to_the_same_bytes(request_of, tmp_path):
    import_files(request_of[0], tmp_path / "data")
    import_files(ImportRequest("anndata", tmp_path / "data"), tmp_path / "again")
    written = {p.name: p.read_bytes() for p in (tmp_path / "data").glob("*.h5*")}
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert again.keys() == written.keys()
    assert [name for name in written if again[name] != written[name]] == []
