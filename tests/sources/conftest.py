"""The simulated cohort in the layout of every source, each file where its importer looks for it."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.omics import Omic
from deepdep.io.containers import write_gene_effect, write_samples
from deepdep.io.matrices import write_matrix
from deepdep.sources.importing import ImportRequest
from deepdep.sources.inspect import InspectOptions, inspect_file

sys.path.append(str(Path(__file__).parent))
from good_files import depmap, tcga

SEGMENTS = (("1", 1, -0.4), ("1", 50_000_001, 0.0), ("19", 58_700_000, 1.5))  # on hg19 only
LENGTH = 400_000


@dataclass(frozen=True)
class Given:
    """A folder of small files, 6 samples each; and the import that takes one of them."""

    folder: Path

    def request(self, name: str) -> ImportRequest:
        """The import that takes the file, alone but for what it needs to be understood."""
        path, source = self.folder / name, name.split("/")[0]
        match source:
            case "depmap" | "depmap_25q2":
                return ImportRequest("depmap", path.parent)
            case "tables":
                effect = path.name.split(".")[0] if "gene_effect" in name else None
                return ImportRequest("tables", path.parent.parent, gene_effect=effect)
            case "gdc":
                return ImportRequest("tcga", self.folder / "gdc")
            case "xena" | "cbioportal" | "seg":
                return ImportRequest("tcga", path)
            case _:
                return ImportRequest({"gmt": "gmt", "h5": "anndata"}.get(source, source), path)


@pytest.fixture(scope="session")
def cohort(cohort: Cohort) -> Cohort:
    """The simulated cohort as if its tumours were TCGA's, under barcodes of 15 characters."""

    def renamed(table: pd.DataFrame) -> pd.DataFrame:
        return table.set_axis(table.index.str.replace("SIM-", "TCGA-"))

    tumors = cohort.tumors
    patients = tumors.obs["patient_id"].str.replace("SIM-", "TCGA-")
    obs = renamed(tumors.obs.assign(patient_id=patients))
    omics = {omic: renamed(table) for omic, table in tumors.omics.items()}
    return replace(cohort, tumors=replace(tumors, omics=omics, obs=obs, simulated=False))


@pytest.fixture(scope="session")
def small(cohort: Cohort) -> dict[str, dict[Omic, pd.DataFrame]]:
    """Six cell lines and six tumours that have all omics, and features that vary in them."""

    def cut(samples: Samples) -> dict[Omic, pd.DataFrame]:
        names = set.intersection(*(set(table.index) for table in samples.omics.values()))
        tables = {o: t.loc[sorted(names)[:6]].dropna(axis=1) for o, t in samples.omics.items()}
        return {o: t.loc[:, t.std() > 0].iloc[:, :40] for o, t in tables.items()}

    return {"cell_lines": cut(cohort.cell_lines), "tumors": cut(cohort.tumors)}


@pytest.fixture(scope="session")
def effects(cohort: Cohort, small) -> pd.DataFrame:
    """Gene effects of those of the six lines that were screened, a few missing."""
    table = cohort.gene_effect.table
    return table.loc[table.index.intersection(small["cell_lines"][Omic.EXPRESSION].index)]


@pytest.fixture(scope="session")
def given(cohort: Cohort, small, effects, tmp_path_factory) -> Given:
    """Each DepMap file has a folder of its own, as have tables, so that each is read alone."""
    folder = tmp_path_factory.mktemp("given")
    lines, tumors = small["cell_lines"], small["tumors"]
    _depmap(folder / "depmap", lines, effects)
    _depmap_25q2(folder / "depmap_25q2", lines)
    _xena(folder / "xena", tumors)
    _gdc(folder / "gdc", tumors)
    _cbioportal(folder / "cbioportal", tumors)
    tcga.put(folder / "seg/some.seg", segments(tumors, tcga.SEG_HEADER))
    _prep4deepdep(folder / "prep4deepdep", lines, effects)
    _tables(folder / "tables", lines, tumors, effects)
    tcga.put(folder / "gmt/sets.gmt", gmt(cohort))
    _containers(folder / "h5", cohort, lines, effects)
    return Given(folder)


@pytest.fixture
def inspect():
    """Inspect a file with nothing to compare it with, or with what a test gives."""

    def run(path, **options):
        return inspect_file(path, InspectOptions(**options))

    return run


def segments(omics, header):
    rows = [
        f"{name}\t{chromosome}\t{start}\t{start + LENGTH}\t9\t{mean}\n"
        for name in omics[Omic.EXPRESSION].index
        for chromosome, start, mean in SEGMENTS
    ]
    return header + "".join(rows)


def gmt(cohort):
    sets = list(cohort.gene_sets.items())[:9]
    return "".join("\t".join((name, "a set", *genes[:5])) + "\n" for name, genes in sets)


def alone(folder, name):
    """A release of one table."""
    path = folder / name.lower()
    path.mkdir(parents=True)
    return depmap.ReleaseFolder(path)


def _depmap(folder, lines, effects):
    alone(folder, "expression").matrix(
        "OmicsExpressionProteinCodingGenesTPMLogp1.csv", lines[Omic.EXPRESSION]
    )
    alone(folder, "mutations").mutations("OmicsSomaticMutations.csv", lines[Omic.MUTATION])
    ratios = np.exp2(lines[Omic.COPY_NUMBER].astype(float))
    alone(folder, "copy_number").matrix("OmicsCNGene.csv", ratios)
    alone(folder, "portal").matrix("PortalOmicsCNGeneLog2.csv", np.log2(ratios + 1))
    alone(folder, "effect").matrix("CRISPRGeneEffect.csv", effects, index="ModelID")


def _depmap_25q2(folder, lines):
    for place, name, table in (
        (
            "expression",
            "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz",
            lines[Omic.EXPRESSION],
        ),
        ("damaging", "OmicsSomaticMutationsMatrixDamaging.csv", lines[Omic.MUTATION]),
    ):
        flag = "IsDefaultEntryForModel"
        alone(folder, place).sequencings(name, table, seed=1, flag=flag)
    rows = [
        f"CDS-{k},{line},Yes,chr{chromosome},{start},{start + 500_000},{2**mean}\n"
        for k, line in enumerate(lines[Omic.EXPRESSION].index)
        for chromosome, start, mean in (("1", 1, 0.0), ("1", 600_000, 1.0), ("X", 1, -1.0))
    ]
    header = "SequencingID,ModelID,IsDefaultEntryForModel,CONTIG,START,END,SEGMENT_COPY_NUMBER\n"
    alone(folder, "segments").put("OmicsCNSegmentsWGS.csv", header + "".join(rows))


def _xena(folder, tumors):
    for name, omic in (
        ("EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena", Omic.EXPRESSION),
        ("mc3.v0.2.8.PUBLIC.nonsilentGene.xena", Omic.MUTATION),
        ("HumanMethylation450.betaValue_whitelisted.xena", Omic.METHYLATION),
        ("broad.mit.edu_PANCAN_Genome_Wide_SNP_6.gene.xena", Omic.COPY_NUMBER),
    ):
        tcga.put(folder / name, tcga.features_in_rows(tumors[omic].astype(float), "sample"))


def _gdc(folder, tumors):
    logs = tumors[Omic.EXPRESSION].astype(float).iloc[0]
    name = "0-aaaa.rna_seq.augmented_star_gene_counts.tsv"
    tcga.put(folder / "id-0" / name, tcga.star_counts(2**logs - 1))
    studies = pd.Series({logs.name[:12]: "UVM"})
    row = tcga.sheet_row(name, logs.name, f"{logs.name}A", studies)
    tcga.put(folder / "gdc_sample_sheet.2024-05-01.tsv", tcga.SHEET_HEADER + row)


def _cbioportal(folder, tumors):
    rsem = (2 ** tumors[Omic.EXPRESSION].astype(float) - 1).T * 9
    rsem.insert(0, "Entrez_Gene_Id", np.arange(1, len(rsem) + 1))
    calls = tcga.calls(tumors[Omic.COPY_NUMBER])
    patients = [name[:12] for name in tumors[Omic.EXPRESSION].index]
    texts = {
        "data_mrna_seq_v2_rsem.txt": rsem.rename_axis("Hugo_Symbol").to_csv(sep="\t"),
        "data_cna.txt": tcga.features_in_rows(calls, "Hugo_Symbol"),
        "data_mutations.txt": tcga.maf(tumors[Omic.MUTATION]),
        "data_clinical_patient.txt": tcga.CLINICAL
        + "PATIENT_ID\tCANCER_TYPE_ACRONYM\n"
        + "".join(f"{patient}\tACC\n" for patient in patients),
    }
    for name, text in texts.items():
        tcga.put(folder / name, text)


def _prep4deepdep(folder, lines, effects):
    for name, table, label in (
        ("exp.txt", lines[Omic.EXPRESSION], "Gene"),
        ("mut.txt", lines[Omic.MUTATION], "Gene"),
        ("meth.txt", lines[Omic.METHYLATION], "Probe"),
        ("dep.txt", effects, "Gene"),
    ):
        tcga.put(folder / name, tcga.features_in_rows(table, label))
    header = "CCLE_name\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"
    tcga.put(folder / "cna.txt", segments(lines, header))
    tcga.put(folder / "dep_prediction.txt", "Gene\nABL1\nTP53\n")


def _tables(folder, lines, tumors, effects):
    for place, table in (
        ("1/cell_lines/expression.csv", lines[Omic.EXPRESSION]),
        ("2/cell_lines/copy_number.tsv", lines[Omic.COPY_NUMBER]),
        ("3/cell_lines/mutation.parquet", lines[Omic.MUTATION]),
        ("4/cell_lines/expression.csv", lines[Omic.EXPRESSION]),
        ("4/tumors/methylation.csv", tumors[Omic.METHYLATION]),
        ("5/cell_lines/expression.csv", lines[Omic.EXPRESSION]),
        ("5/gene_effect/chronos.csv", effects),
        ("6/cell_lines/expression.csv", lines[Omic.EXPRESSION]),
        ("6/gene_effect/classes.csv", np.clip(np.round(-effects.fillna(1)), -1, 2)),
    ):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",")


def _containers(folder, cohort, lines, effects):
    folder.mkdir()
    names = lines[Omic.EXPRESSION].index
    given = cohort.cell_lines
    samples = Samples(lines, given.obs.loc[names], given.units, "hg19", "DepMap 24Q4")
    write_samples(samples, folder / "lines.h5mu")
    write_matrix(lines[Omic.METHYLATION], folder / "one.h5ad", uns={"omic": "methylation"})
    write_gene_effect(type(cohort.gene_effect)(effects, cohort.gene_effect.kind), folder / "e.h5ad")
