"""The TCGA pan-cancer tables of UCSC Xena."""

from dataclasses import dataclass
from urllib.parse import quote

from deepdep.sources.download.files import (
    Choice,
    Connection,
    RemoteFile,
    base_address,
    select_files,
)

PAN_CANCER_ATLAS = "https://tcga-pancan-atlas-hub.s3.us-east-1.amazonaws.com/download"
TCGA = "https://tcga-xena-hub.s3.us-east-1.amazonaws.com/download"


@dataclass(frozen=True)
class XenaTable:
    """One table of a hub: what it holds, and where it is."""

    holds: str
    hub: str
    path: str

    @property
    def name(self) -> str:
        """The name that a browser gives it, too."""
        return self.path.replace("/", "_")


TABLES = (
    XenaTable(
        "expression",
        PAN_CANCER_ATLAS,
        "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena.gz",
    ),
    XenaTable("mutation", PAN_CANCER_ATLAS, "mc3.v0.2.8.PUBLIC.nonsilentGene.xena.gz"),
    XenaTable(
        "copy_number",
        TCGA,
        "TCGA.PANCAN.sampleMap/Gistic2_CopyNumber_Gistic2_all_data_by_genes.gz",
    ),
    XenaTable(
        "copy_number_calls",
        TCGA,
        "TCGA.PANCAN.sampleMap/Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes.gz",
    ),
    XenaTable(
        "copy_number_segments",
        PAN_CANCER_ATLAS,
        "broad.mit.edu_PANCAN_Genome_Wide_SNP_6_whitelisted.xena.gz",
    ),
    XenaTable(
        "methylation",
        PAN_CANCER_ATLAS,
        "jhu-usc.edu_PANCAN_HumanMethylation450.betaValue_whitelisted.tsv."
        "synapse_download_5096262.xena.gz",
    ),
    XenaTable("survival", PAN_CANCER_ATLAS, "Survival_SupplementalTable_S1_20171025_xena_sp"),
    XenaTable("phenotype", PAN_CANCER_ATLAS, "TCGA_phenotype_denseDataOnlyDownload.tsv.gz"),
)

# One table per omic, and one that tells the study of a sample. Not the betas, which unpack to tens
# of gigabytes.
BY_DEFAULT = ("expression", "mutation", "copy_number", "survival")


@dataclass(frozen=True)
class TCGADownload:
    """Tables of UCSC Xena, and which of them to bring.

    Attributes
    ----------
    names
        What the only tables to bring hold, or their file names; empty for those ``BY_DEFAULT``.
    everything
        Bring every table.
    base_url
        Address of a mirror of both hubs.
    """

    names: tuple[str, ...] = ()
    everything: bool = False
    base_url: str | None = None

    def choose(self, _: Connection) -> Choice:
        """Return the tables to bring, and a note on those that are left out by default."""
        files: dict[str, RemoteFile] = {}
        for table in TABLES:
            address = f"{base_address(self.base_url, table.hub)}/{quote(table.path, safe='')}"
            file = RemoteFile(table.name, address)
            files |= {table.holds: file, table.name: file}
        chosen = select_files(files, self.names, everything=self.everything, source="TCGA")
        if chosen:
            return Choice(chosen)
        left_out = ", ".join(table.holds for table in TABLES if table.holds not in BY_DEFAULT)
        note = f"left out: {left_out}; bring them with --file or --all"
        return Choice(tuple(files[holds] for holds in BY_DEFAULT), (note,))
