"""What the name of a file tells: the sources of TCGA put there what the columns leave out."""

import re

from deepdep.domain.genome import Assembly
from deepdep.domain.lineages import study_code
from deepdep.domain.omics import Omic

# Parts of names; those of the omics themselves, so that a user can say what a file holds.
HINTS = {
    Omic.METHYLATION: r"methyl|hm450|hm27|450k",
    Omic.COPY_NUMBER: r"copy.?number|gistic|[_.-]cna\b|_cna_|log2_?cna|cnv|snp_?6|ascat",
    Omic.MUTATION: r"mutation|nonsilent|mc3",
    Omic.EXPRESSION: r"expression|geneexp|rna.?seq|hiseq|rsem|tpm|fpkm",
}

# Tables that look like an omic and are none of ours: other molecules, other units.
OF_NO_OMIC = re.compile(
    r"rppa|proteom|protein_quant|mirna|mirs_|z-?_?scores?|percentile|exon|isoform"
    r"|arm.?level|linear_?cn|HiSeqV2_PANCAN|gsva|paradigm",
    re.IGNORECASE,
)

# cBioPortal's tables, without their ending; a study holds dozens of others.
CBIOPORTAL = re.compile(
    r"data_(mrna_seq_v2_rsem|rna_seq_v2_expression_median|cna|log2_?cna|cna_hg(19|38)"
    r"|methylation_hm450|methylation_hm27_hm450_merged|mutations(_extended|_mskcc)?"
    r"|clinical(_sample|_patient)?)\.(txt|seg)(\.gz)?$",
    re.IGNORECASE,
)
CBIOPORTAL_RSEM = re.compile(r"data_(mrna_seq_v2_rsem|rna_seq_v2_expression_median)\.", re.I)

# Files that stand beside tables and are none.
NOT_TABLES = re.compile(
    r"(meta_|readme|license|manifest|md5sum).*"
    r"|.*\.(parcel|json|xml|html?|pdf|png|svg|md|ya?ml|log|r|py|ipynb|rds|rdata|md5|sh|h5|h5ad|h5mu"
    r"|zip|tar|tgz|tar\.gz|xlsx?|docx?|parquet|bam|vcf|vcf\.gz)$",
    re.IGNORECASE,
)

# Batch correction leaves counts a little below 0, here and in cBioPortal's tables made of it.
BATCH_CORRECTED = re.compile(r"EB\+\+|EBPlusPlus|AdjustPANCAN")

_STUDY = re.compile(r"TCGA[.-]([A-Z]{2,4})(?=[._-]|$)")
_ASSEMBLY = {
    Assembly.HG19: re.compile(r"hg19|grch37", re.IGNORECASE),
    Assembly.HG38: re.compile(r"hg38|grch38", re.IGNORECASE),
}


def omic_of_name(name: str) -> Omic | None:
    """Tell the omic that a file's name speaks of; None where it is of none, or of several."""
    omics = [omic for omic, hint in HINTS.items() if re.search(hint, name, re.IGNORECASE)]
    return omics[0] if len(omics) == 1 else None


def is_of_no_omic(name: str) -> bool:
    """Whether a file holds what is no omic here, or not in a unit that can be used."""
    is_cbioportal = name.lower().startswith("data_")
    return OF_NO_OMIC.search(name) is not None or (is_cbioportal and not CBIOPORTAL.match(name))


def study_of_name(name: str) -> str | None:
    """Code of the study in names such as ``TCGA-BRCA.star_tpm.tsv.gz``."""
    found = _STUDY.search(name)
    return None if found is None else study_code(found[1])


def assembly_of_name(name: str) -> Assembly | None:
    """Genome build in names such as ``data_cna_hg19.seg``."""
    return next((build for build, part in _ASSEMBLY.items() if part.search(name)), None)
