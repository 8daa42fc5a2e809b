"""Import of a folder takes what inspect says that it takes, and leaves out the rest."""

import shutil

import pytest

from deepdep.domain.notes import Notes
from deepdep.errors import DeepDEPError
from deepdep.sources.importing import ImportRequest

MATRIX = "Hugo_Symbol\tTCGA-ZZ-0001-01\tTCGA-ZZ-0002-01\nTP53\t0.5\t-1.25\nKRAS\t0.25\t1.5\n"

# Beside the files of any source; none of them is a part of what it brings.
STRANGERS = {
    "README.txt": "Words.\n",
    "notes.md": "# Words\n",
    "meta_cna.txt": "cancer_study_identifier: acc_tcga\n",
    ".hidden.csv": "id,TP53\nL1,1\n",
    "data.json": "{}\n",
    "two_columns.csv": "word,other\na,b\n",
    "case_lists/cases_all.txt": MATRIX,
    "logs/expression.tsv": MATRIX,
    "data_rppa.txt": MATRIX,
    "data_linear_cna.txt": MATRIX,
    "data_mrna_seq_v2_rsem_zscores_ref_all_samples.txt": MATRIX,
    "broad_values_by_arm.txt": MATRIX.replace("Hugo_Symbol", "Chromosome Arm"),
    "CRISPRGeneDependency.csv": "ModelID,TP53 (7157)\nACH-000001,0.5\n",
    "CRISPRGeneEffect (1).csv": "ModelID,TP53 (7157)\nACH-000001,-0.5\n",
    "OmicsProfiles.csv": "ProfileID,ModelID\nPR-1,ACH-000001\n",
    "somatic.dat": "Gene\tL1\nTP53\t1\n",
}

# Files of one folder, and the import of it.
FOLDERS = {
    "depmap": (
        "depmap",
        (
            "depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv",
            "depmap/mutations/OmicsSomaticMutations.csv",
            "depmap/copy_number/OmicsCNGene.csv",
            "depmap/portal/PortalOmicsCNGeneLog2.csv",
            "depmap/effect/CRISPRGeneEffect.csv",
            "depmap_25q2/damaging/OmicsSomaticMutationsMatrixDamaging.csv",
            "depmap_25q2/segments/OmicsCNSegmentsWGS.csv",
        ),
    ),
    "depmap segments": (
        "depmap",
        (
            "depmap_25q2/damaging/OmicsSomaticMutationsMatrixDamaging.csv",
            "depmap_25q2/segments/OmicsCNSegmentsWGS.csv",
        ),
    ),
    "cbioportal": (
        "tcga",
        (
            "cbioportal/data_mrna_seq_v2_rsem.txt",
            "cbioportal/data_cna.txt",
            "cbioportal/data_mutations.txt",
            "cbioportal/data_clinical_patient.txt",
        ),
    ),
    "xena": (
        "tcga",
        (
            "xena/EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena",
            "xena/mc3.v0.2.8.PUBLIC.nonsilentGene.xena",
            "xena/HumanMethylation450.betaValue_whitelisted.xena",
            "xena/broad.mit.edu_PANCAN_Genome_Wide_SNP_6.gene.xena",
        ),
    ),
    "prep4deepdep": (
        "prep4deepdep",
        tuple(f"prep4deepdep/{name}.txt" for name in ("exp", "mut", "meth", "cna", "dep")),
    ),
    "tables": (
        "tables",
        (
            "tables/5/cell_lines/expression.csv",
            "tables/2/cell_lines/copy_number.tsv",
            "tables/3/cell_lines/mutation.parquet",
            "tables/4/tumors/methylation.csv",
        ),
    ),
    "anndata": ("anndata", ("h5/lines.h5mu", "h5/e.h5ad")),
    "one anndata": ("anndata", ("h5/one.h5ad",)),
}


@pytest.fixture(params=FOLDERS)
def folder(request, given, tmp_path):
    """A folder of good files with strangers beside them; and the word after import."""
    source, names = FOLDERS[request.param]
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in names:
        place = folder.joinpath(*name.split("/")[2:]) if source == "tables" else folder
        place.parent.mkdir(exist_ok=True)
        shutil.copy(given.folder / name, place)
    for path in folder.glob("*Damaging.csv"):  # of fewer lines than the mutations beside it
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-3]))
    for name, text in STRANGERS.items():
        if source == "prep4deepdep" and "_cna" in name:
            continue  # it takes any such name for that of its own segments, and refuses others
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return source, folder


def brought(source, folder):
    """What an import brings, as labels and sums; or that it refuses."""
    try:
        part = ImportRequest(source, folder).read(Notes())
    except DeepDEPError as error:
        return type(error).__name__
    known = {}
    for name, samples in (("cell_lines", part.cell_lines), ("tumors", part.tumors)):
        if samples is not None:
            known[name] = samples.obs.to_csv()
            for table, omic in samples.tables.items():
                known[f"{name}/{table}"] = (omic.unit, omic.table.to_csv())
    if part.gene_effect is not None:
        known["gene_effect"] = part.gene_effect.table.to_csv()
    return known


def test_import_of_a_folder_reads_what_inspect_says_and_nothing_else(folder, inspect):
    source, path = folder
    whole = brought(source, path)
    assert isinstance(whole, dict)
    said = {file.name: file.importer == source and file.taken for file in inspect(path).files}
    read = {}
    for name in said:
        aside = path.parent / "aside"
        shutil.move(path / name, aside)
        read[name] = brought(source, path) != whole
        shutil.move(aside, path / name)
    assert read == said


def test_what_import_leaves_out_is_said_in_the_list_of_files(given, inspect, tmp_path):
    for name in ("depmap/mutations/OmicsSomaticMutations.csv", *FOLDERS["depmap segments"][1][:1]):
        shutil.copy(given.folder / name, tmp_path)
    lines = inspect(tmp_path).lines()
    (left_out,) = (line for line in lines if "leaves it out" in line)
    assert "OmicsSomaticMutationsMatrixDamaging.csv: DepMap, mutation; import depmap" in left_out
