"""Releases of DepMap in small: simulated cell lines in the exact layouts of its files."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.domain.lineages import EARLIER_LINEAGES
from deepdep.domain.omics import Omic
from deepdep.sources.importing import ImportOptions

MUTATION_COLUMNS = ("Chrom", "Pos", "VariantInfo", "HugoSymbol", "EntrezGeneID", "Hotspot")
CHANGING = ("missense_variant&splice_region_variant", "stop_gained", "frameshift_variant")


@dataclass(frozen=True)
class ReleaseFolder:
    """Files of a release that a test writes, and may spoil."""

    path: Path

    def put(self, name: str, text: str) -> Path:
        """Write a file, gzipped where its name says so."""
        path = self.path / name
        data = text.encode()
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def matrix(self, name: str, table: pd.DataFrame, index: str = "") -> Path:
        """One row per model, as up to 25Q1."""
        return self.put(name, labelled(table).to_csv(index_label=index))

    def sequencings(self, name: str, table: pd.DataFrame, seed: int, flag: str) -> Path:
        """One row per sequencing, as from 25Q2, in any order of rows and columns of metadata.

        A third of the models have a second sequencing, with other values, which is not the
        default one; so has a model that has no default one.
        """
        rng = np.random.default_rng(seed)
        again = table.sample(frac=0.3, random_state=seed) + 1
        foreign = table.iloc[:1].set_axis(["ACH-999999"])
        rows = labelled(pd.concat([table, again, foreign]))
        is_default = np.arange(len(rows)) < len(table)
        n_rows = range(len(rows))
        words = rng.permutation([("Yes", "No"), ("True", "False"), ("1", "0")])[0]
        said = np.where(is_default, *words)
        if flag == "is_default_entry":
            columns = {"ProfileID": [f"PR-{k}" for k in n_rows], flag: said}
        else:
            columns = {
                "SequencingID": [f"CDS-{k}" for k in n_rows],
                flag: said,
                "ModelConditionID": [f"MC-{k}" for k in n_rows],
                "IsDefaultEntryForMC": "Yes",
            }
        metadata = pd.DataFrame({"ModelID": rows.index, **columns}, index=rows.index)
        metadata = metadata[rng.permutation(metadata.columns)]
        whole = pd.concat([metadata, rows], axis=1).iloc[rng.permutation(len(rows))]
        return self.put(name, whole.reset_index(drop=True).to_csv())  # rows numbered, unnamed

    def mutations(self, name: str, table: pd.DataFrame, metadata: str = "ModelID") -> Path:
        """One mutation per row; every line has a silent one too, and some genes have two."""
        lines, genes = np.nonzero(table.to_numpy())
        entrez = {gene: 1000 + k for k, gene in enumerate(table.columns)}
        changing = [
            (table.index[i], table.columns[j], CHANGING[(i + j) % 3])
            for i, j in zip(lines, genes, strict=True)
        ]
        silent = [
            (line, table.columns[k % 5], "synonymous_variant") for k, line in enumerate(table.index)
        ]
        rows = [
            ",".join(["chr1", str(k), consequence, gene, f"{entrez[gene]}.0", "False", line])
            for k, (line, gene, consequence) in enumerate([*changing, *silent, *changing[:9]])
        ]
        return self.put(name, "\n".join([",".join([*MUTATION_COLUMNS, metadata]), *rows, ""]))

    def models(self, obs: pd.DataFrame) -> Path:
        rows = [
            f"{name},{line.patient_id},LINE-{k},LINE{k},{line.lineage},LINE{k}_TISSUE"
            for k, (name, line) in enumerate(obs.iterrows())
        ]
        header = "ModelID,PatientID,CellLineName,StrippedCellLineName,OncotreeLineage,CCLEName"
        return self.put("Model.csv", "\n".join([header, *rows, ""]))


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Genes as ``TP53 (1007)``."""
    names = [f"{symbol} ({1000 + k})" for k, symbol in enumerate(table.columns)]
    return table.astype(float).set_axis(names, axis=1)


@pytest.fixture
def folder(tmp_path) -> ReleaseFolder:
    """An empty folder, whose name tells nothing."""
    path = tmp_path / "depmap"
    path.mkdir()
    return ReleaseFolder(path)


@pytest.fixture(scope="session")
def omics(cohort: Cohort) -> dict[Omic, pd.DataFrame]:
    """What was simulated of cell lines."""
    return cohort.cell_lines.omics


@pytest.fixture
def options() -> ImportOptions:
    """Nothing said."""
    return ImportOptions(genes=NO_GENE_TABLE, assembly=None, bins=None)


@pytest.fixture
def up_to_25q1(folder: ReleaseFolder, cohort: Cohort, omics) -> ReleaseFolder:
    """The simulated cell lines as release 24Q4 would have them."""
    folder.matrix("OmicsExpressionProteinCodingGenesTPMLogp1.csv", omics[Omic.EXPRESSION])
    folder.mutations("OmicsSomaticMutations.csv", omics[Omic.MUTATION])
    folder.matrix("OmicsCNGene.csv", np.exp2(omics[Omic.COPY_NUMBER].astype(float)))
    folder.matrix("CRISPRGeneEffect.csv", cohort.gene_effect.table, index="ModelID")
    folder.models(cohort.cell_lines.obs)
    return folder


@pytest.fixture
def from_25q2(folder: ReleaseFolder, cohort: Cohort, omics) -> ReleaseFolder:
    """The simulated cell lines as releases since 25Q2 have them, some files gzipped."""
    folder.sequencings(
        "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz",
        omics[Omic.EXPRESSION],
        seed=1,
        flag="is_default_entry",
    )
    mutated = omics[Omic.MUTATION]
    damaging = mutated.iloc[:, ::2] * 2  # in both alleles
    for name, table in (("Damaging", damaging), ("Hotspot", mutated.iloc[:, 1:])):
        file = f"OmicsSomaticMutationsMatrix{name}.csv"
        folder.sequencings(file, table, seed=2, flag="IsDefaultEntryForModel")
    folder.sequencings(
        "OmicsCNGeneWGS.csv",
        np.exp2(omics[Omic.COPY_NUMBER].astype(float)),
        seed=3,
        flag="IsDefaultEntryForModel",
    )
    folder.matrix("CRISPRGeneEffect.csv.gz", cohort.gene_effect.table)
    folder.models(cohort.cell_lines.obs)
    return folder


@pytest.fixture
def up_to_22q2(folder: ReleaseFolder, cohort: Cohort, omics) -> ReleaseFolder:
    """The simulated cell lines as release 22Q2 had them, under its names of files and columns."""
    folder.matrix("CCLE_expression.csv", omics[Omic.EXPRESSION])
    ratios = np.exp2(omics[Omic.COPY_NUMBER].astype(float))
    folder.matrix("CCLE_gene_cn.csv", np.log2(ratios + 1))
    folder.matrix("CRISPR_gene_effect.csv", cohort.gene_effect.table, index="DepMap_ID")
    mutations = folder.mutations("CCLE_mutations.csv", omics[Omic.MUTATION], "DepMap_ID")
    text = mutations.read_text()
    for later, earlier in (
        (
            "VariantInfo,HugoSymbol,EntrezGeneID",
            "Variant_Classification,Hugo_Symbol,Entrez_Gene_Id",
        ),
        ("missense_variant&splice_region_variant", "Missense_Mutation"),
        ("stop_gained", "Nonsense_Mutation"),
        ("frameshift_variant", "Frame_Shift_Del"),
        ("synonymous_variant", "Silent"),
    ):
        text = text.replace(later, earlier)
    mutations.write_text(text)
    earlier = {later: earlier for earlier, later in EARLIER_LINEAGES.items()}
    rows = [
        f"{name},LINE-{k},LINE{k},LINE{k}_TISSUE,{earlier.get(line.lineage, line.lineage)},,"
        f"{line.patient_id}"
        for k, (name, line) in enumerate(cohort.cell_lines.obs.iterrows())
    ]
    header = "DepMap_ID,cell_line_name,stripped_cell_line_name,CCLE_Name,lineage,lineage_subtype"
    folder.put("sample_info.csv", "\n".join([f"{header},patient_id", *rows, ""]))
    return folder
