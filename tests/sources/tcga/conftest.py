"""The simulated tumours in the exact layouts of UCSC Xena, the GDC and cBioPortal."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.domain.lineages import LINEAGE_BY_STUDY, STUDY_BY_DISEASE
from deepdep.domain.omics import Omic
from deepdep.sources.importing import ImportOptions

STAR_HEADER = (
    "gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second"
    "\ttpm_unstranded\tfpkm_unstranded\tfpkm_uq_unstranded\n"
)
SHEET_HEADER = (
    "File ID\tFile Name\tData Category\tData Type\tProject ID\tCase ID\tSample ID\tSample Type\n"
)
MAF_HEADER = (
    "#version gdc-1.0.0\n"
    "Hugo_Symbol\tEntrez_Gene_Id\tVariant_Classification\tVariant_Type\tTumor_Sample_Barcode\n"
)
SEG_HEADER = "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n"

# Four lines before the header of cBioPortal's clinical tables.
CLINICAL = "#Patient\tType\n#Identifier\tWhat it is\n#STRING\tSTRING\n#1\t1\n"

# One study per lineage of the simulator; lineages of its own have none in TCGA.
STUDY_OF_LINEAGE = {lineage: study for study, lineage in LINEAGE_BY_STUDY.items()}
DISEASE_OF_STUDY = {study: disease for disease, study in STUDY_BY_DISEASE.items()}


@pytest.fixture(scope="session")
def options() -> ImportOptions:
    """Nothing said on the command line."""
    return ImportOptions(NO_GENE_TABLE, None, None)


@pytest.fixture(scope="session")
def simulated(cohort: Cohort) -> Samples:
    """Tumours of ``cohort``, whose barcodes have 15 characters, such as TCGA-S1-0001-01."""
    return cohort.tumors


@pytest.fixture(scope="session")
def tumors(simulated: Samples) -> Samples:
    """``simulated``, named as the import names them: by patient."""

    def by_patient(table: pd.DataFrame) -> pd.DataFrame:
        return table.set_axis(table.index.str[:12])

    omics = {omic: by_patient(table) for omic, table in simulated.omics.items()}
    return replace(simulated, omics=omics, obs=by_patient(simulated.obs))


@pytest.fixture(scope="session")
def studies(tumors: Samples) -> pd.Series:
    """A TCGA study for each patient whose lineage has one."""
    return tumors.obs["lineage"].map(STUDY_OF_LINEAGE).dropna()


def features_in_rows(table: pd.DataFrame, label: str) -> str:
    """Text of a table (sample, feature) the way TCGA's sources keep it, NA where missing."""
    return table.T.rename_axis(label).to_csv(sep="\t", na_rep="NA")


def maf(mutations: pd.DataFrame, ending: str = "A-11D-A001-09") -> str:
    """A MAF of 0/1, shape (barcode, gene): a missense mutation each, and a silent one of each."""
    rows = [
        f"{gene}\t0\tMissense_Mutation\tSNP\t{sample}{ending}\n"
        for sample, genes in mutations.iterrows()
        for gene in genes.index[genes == 1]
    ]
    silent = [f"TTN\t7273\tSilent\tSNP\t{sample}{ending}\n" for sample in mutations.index]
    return MAF_HEADER + "".join(rows + silent)


@pytest.fixture
def xena(simulated: Samples, studies: pd.Series, tmp_path: Path) -> Path:
    """Pan-cancer tables of UCSC Xena, under their own names."""
    folder = tmp_path / "xena"
    folder.mkdir()
    omics = simulated.omics
    (folder / "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena").write_text(
        features_in_rows(omics[Omic.EXPRESSION], "sample")
    )
    with gzip.open(folder / "mc3.v0.2.8.PUBLIC.nonsilentGene.xena.gz", "wt") as text:
        text.write(features_in_rows(omics[Omic.MUTATION].astype(float), "sample"))
    (folder / "jhu-usc.edu_PANCAN_HumanMethylation450.betaValue_whitelisted.xena").write_text(
        features_in_rows(omics[Omic.METHYLATION], "sample")
    )
    (folder / "broad.mit.edu_PANCAN_Genome_Wide_SNP_6_whitelisted.gene.xena").write_text(
        features_in_rows(omics[Omic.COPY_NUMBER], "Sample")
    )
    rows = [f"{p}-01\t1\tPrimary Tumor\t{DISEASE_OF_STUDY[s]}\n" for p, s in studies.items()]
    (folder / "TCGA_phenotype_denseDataOnlyDownload.tsv").write_text(
        "sample\tsample_type_id\tsample_type\t_primary_disease\n" + "".join(rows)
    )
    return folder


def star_counts(tpm: pd.Series) -> str:
    """STAR counts of one sample; ids and counts are made up, TPM are given by gene."""
    summary = "".join(
        f"{name}\t\t\t123\t123\t123\t\t\t\n"
        for name in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")
    )
    genes = "".join(
        f"ENSG{k:011d}.{k % 9 + 1}\t{gene}\tprotein_coding\t9\t4\t5\t{value!r}\t1.0\t1.0\n"
        for k, (gene, value) in enumerate(tpm.items(), start=1)
    )
    noncoding = "ENSG00000999999.1\tMALAT1\tlncRNA\t9\t4\t5\t7000.0\t1.0\t1.0\n"
    return "# gene-model: GENCODE v36\n" + STAR_HEADER + summary + genes + noncoding


@pytest.fixture
def gdc(simulated: Samples, studies: pd.Series, tmp_path: Path) -> Path:
    """A download of the GDC: a folder per file, a sample sheet, logs; a MAF per case."""
    folder = tmp_path / "gdc"
    sheet = []
    for k, (sample, logs) in enumerate(simulated.omics[Omic.EXPRESSION].astype(float).iterrows()):
        name = f"{k:08x}-aaaa.rna_seq.augmented_star_gene_counts.tsv"
        put(folder / f"id-{k}" / name, star_counts(2**logs - 1))
        put(folder / f"id-{k}" / "logs" / f"{name}.parcel", "\0")
        sheet.append(sheet_row(name, sample, f"{sample}A", studies))
    for sample in simulated.omics[Omic.MUTATION].index:
        name = f"{sample}.wxs.aliquot_ensemble_masked.maf.gz"
        one = maf(simulated.omics[Omic.MUTATION].loc[[sample]])
        put(folder / f"id-{sample}" / name, gzip.compress(one.encode()))
        sheet.append(sheet_row(name, sample, f"{sample}A, {sample[:12]}-10A", studies))
    put(folder / "gdc_sample_sheet.2024-05-01.tsv", SHEET_HEADER + "".join(sheet))
    return folder


def sheet_row(file: str, sample: str, samples: str, studies: pd.Series) -> str:
    """Row of a sample sheet; the GDC has other projects than TCGA."""
    project = f"TCGA-{studies[sample[:12]]}" if sample[:12] in studies else "CPTAC-3"
    patient = sample[:12]
    return f"id\t{file}\tany\tany\t{project}\t{patient}\t{samples}\tPrimary Tumor\n"


@pytest.fixture
def cbioportal(simulated: Samples, studies: pd.Series, tmp_path: Path) -> Path:
    """A study folder of cBioPortal, with tables that are none of ours."""
    folder = tmp_path / "acc_tcga_pan_can_atlas_2018"
    omics = simulated.omics
    rsem = (2 ** omics[Omic.EXPRESSION].astype(float) - 1).T
    rsem.insert(0, "Entrez_Gene_Id", np.arange(1, len(rsem) + 1))
    texts = {
        "meta_study.txt": (
            "type_of_cancer: acc\ncancer_study_identifier: acc_tcga_pan_can_atlas_2018\n"
        ),
        "data_mrna_seq_v2_rsem.txt": rsem.rename_axis("Hugo_Symbol").to_csv(sep="\t"),
        "meta_mrna_seq_v2_rsem.txt": "genetic_alteration_type: MRNA_EXPRESSION\n",
        "data_mrna_seq_v2_rsem_zscores_ref_all_samples.txt": "Hugo_Symbol\tTCGA-S1-0001-01\nA\t1\n",
        "data_cna.txt": features_in_rows(calls(omics[Omic.COPY_NUMBER]), "Hugo_Symbol"),
        "data_log2_cna.txt": features_in_rows(omics[Omic.COPY_NUMBER], "Hugo_Symbol"),
        "data_mutations.txt": maf(omics[Omic.MUTATION], ending="").partition("\n")[2],
        "data_methylation_hm450.txt": features_in_rows(omics[Omic.METHYLATION], "Hugo_Symbol"),
        "data_cna_hg19.seg": SEG_HEADER + "TCGA-S1-0001-01\t1\t1\t249000000\t9\t0.25\n",
        "data_clinical_patient.txt": CLINICAL
        + "PATIENT_ID\tCANCER_TYPE_ACRONYM\n"
        + "".join(f"{patient}\t{study}\n" for patient, study in studies.items()),
        "data_clinical_sample.txt": CLINICAL
        + "PATIENT_ID\tSAMPLE_ID\tCANCER_TYPE\n"
        + "".join(f"{patient}\t{patient}-01\tSome Cancer\n" for patient in studies.index),
        "data_timeline_treatment.txt": "PATIENT_ID\tSTART_DATE\nTCGA-S1-0001\t1\n",
        "case_lists/cases_all.txt": "cancer_study_identifier: acc\n",
    }
    for name, text in texts.items():
        put(folder / name, text)
    return folder


def calls(ratios: pd.DataFrame) -> pd.DataFrame:
    """Calls from -2 to 2 as GISTIC makes them, by thresholds of our own."""
    bounds = [-1.0, -0.3, 0.3, 0.9]
    return pd.DataFrame(np.digitize(ratios, bounds) - 2, ratios.index, ratios.columns)


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
