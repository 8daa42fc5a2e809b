"""Small files that every reader takes, in the layouts of all sources; a fuzz test spoils them."""

import gzip
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.omics import Omic
from deepdep.io.containers import write_gene_effect, write_samples
from deepdep.io.matrices import write_matrix
from deepdep.sources.importing import ImportRequest

N_SAMPLES, N_FEATURES = 6, 30

MODELS = "ModelID,PatientID,OncotreeLineage,CCLEName,StrippedCellLineName\n"
HGNC = "hgnc_id\tsymbol\tname\tprev_symbol\talias_symbol\tentrez_id\tensembl_gene_id\n"
GENES = "A1BG", "ABL1", "BRAF", "TP53", "SEPTIN9"


@dataclass(frozen=True)
class Reader:
    """What a fuzz test needs to know of one reader.

    Attributes
    ----------
    write
        Writes good files of a cohort into a folder.
    command
        Words of the command that reads them; ``{folder}`` stands for the folder.
    spoiled
        Which of the files are spoiled, a glob.
    takes
        Whether the command ends well on good files.
    target
        Name of what the command writes.
    """

    write: Callable[[Cohort, Path], None]
    command: str
    spoiled: str = "**/*.*"
    takes: bool = True
    target: str = "data"


def asked(command: str, folder: Path) -> ImportRequest:
    """Turn the words of a command into what it asks for."""
    _, source, path, *options = command.format(folder=folder).split()
    named = {a: b for a, b in zip(options, [*options[1:], ""], strict=False) if a.startswith("--")}
    return ImportRequest(
        source,
        Path(path),
        gene_effect=named.get("--gene-effect"),
        genes_table=Path(named["--genes-table"]) if "--genes-table" in named else None,
        assembly=named.get("--assembly"),
        bin_width=int(named["--bin-width"]) if "--bin-width" in named else None,
        feature_lists=Path(named["--feature-lists"]) if "--feature-lists" in named else None,
        allow_missing_features="--allow-missing-features" in named,
    )


def writers(source: str) -> ModuleType:
    """What the tests of a source's reader write its layouts with; it is in their conftest."""
    path = Path(__file__).parent / source / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"writers_of_{source}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


depmap = writers("depmap")
tcga = writers("tcga")


def small(samples: Samples) -> dict[Omic, pd.DataFrame]:
    """Cut the omics of samples to a few that have all of them, and a few features that vary."""
    names = set.intersection(*(set(table.index) for table in samples.omics.values()))
    rows = sorted(names)[:N_SAMPLES]
    tables = {omic: table.loc[rows].dropna(axis=1) for omic, table in samples.omics.items()}
    return {
        omic: table.loc[:, table.nunique() > 1].iloc[:, :N_FEATURES]
        for omic, table in tables.items()
    }


def effects(cohort: Cohort, lines: pd.Index) -> pd.DataFrame:
    """Gene effects of the lines that have any, some of them missing."""
    table = cohort.gene_effect.table
    table = table.loc[table.index.intersection(lines)].iloc[:, :N_FEATURES]
    return table.mask(table == table.iloc[1, 2])


def put(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content.encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def _tables_as(ending: str) -> Callable[[Cohort, Path], None]:
    def write(cohort: Cohort, folder: Path) -> None:
        lines, tumors = small(cohort.cell_lines), small(cohort.tumors)
        tables = {f"cell_lines/{omic}": table for omic, table in lines.items()}
        studies = ["BRCA", "BRCA", "LUAD", "UVM", "ACC", "ACC"]
        tables["tumors/expression"] = tumors[Omic.EXPRESSION].assign(_cohort=studies)
        tables["gene_effect/effects"] = effects(cohort, lines[Omic.EXPRESSION].index)
        for name, table in tables.items():
            put_table(folder / f"{name}{ending}", table)
        put(folder / "cell_lines/Model.csv", models(cohort, lines[Omic.EXPRESSION].index))
        put(folder / "gene_sets/sets.gmt", gmt(cohort))

    return write


def put_table(path: Path, table: pd.DataFrame) -> None:
    if path.suffix == ".parquet":
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(path)
    else:
        put(path, table.to_csv(sep="\t" if ".tsv" in path.name else ","))


def models(cohort: Cohort, lines: pd.Index) -> str:
    rows = [
        f"{name},{line.patient_id},{line.lineage},LINE{k}_LUNG,LINE{k}\n"
        for k, (name, line) in enumerate(cohort.cell_lines.obs.loc[lines].iterrows())
    ]
    return MODELS + "".join(rows)


def gmt(cohort: Cohort) -> str:
    sets = list(cohort.gene_sets.items())[:N_FEATURES]
    return "".join("\t".join((name, "a set", *genes[:5])) + "\n" for name, genes in sets)


def _depmap_up_to_25q1(cohort: Cohort, folder: Path) -> None:
    release, omics = depmap.ReleaseFolder(folder), small(cohort.cell_lines)
    lines = omics[Omic.EXPRESSION].index
    release.matrix("OmicsExpressionProteinCodingGenesTPMLogp1.csv", omics[Omic.EXPRESSION])
    release.mutations("OmicsSomaticMutations.csv", omics[Omic.MUTATION])
    release.matrix("OmicsCNGene.csv", np.exp2(omics[Omic.COPY_NUMBER].astype(float)))
    release.matrix("CRISPRGeneEffect.csv", effects(cohort, lines), index="ModelID")
    release.models(cohort.cell_lines.obs.loc[lines])


def _depmap_from_25q2(cohort: Cohort, folder: Path) -> None:
    release, omics = depmap.ReleaseFolder(folder), small(cohort.cell_lines)
    lines = omics[Omic.EXPRESSION].index
    tables = {
        "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz": omics[Omic.EXPRESSION],
        "OmicsSomaticMutationsMatrixDamaging.csv": omics[Omic.MUTATION] * 2,
        "OmicsSomaticMutationsMatrixHotspot.csv": omics[Omic.MUTATION],
    }
    for name, table in tables.items():
        release.sequencings(name, table, seed=1, flag="IsDefaultEntryForModel")
    release.put(
        "OmicsCNSegmentsWGS.csv",
        "SequencingID,ModelID,IsDefaultEntryForModel,CONTIG,START,END,SEGMENT_COPY_NUMBER\n"
        + "".join(
            f"CDS-{k},{line},Yes,chr{c},{start},{start + 40_000_000},{0.5 + k / 4}\n"
            for k, line in enumerate(lines)
            for c, start in (("1", 1), ("1", 50_000_001), ("X", 1))
        ),
    )
    release.matrix("CRISPRGeneEffect.csv.gz", effects(cohort, lines))
    release.models(cohort.cell_lines.obs.loc[lines])


def _xena(cohort: Cohort, folder: Path) -> None:
    omics = small(cohort.tumors)
    names = {
        "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena": omics[Omic.EXPRESSION],
        "mc3.v0.2.8.PUBLIC.nonsilentGene.xena.gz": omics[Omic.MUTATION].astype(float),
        "HumanMethylation450.betaValue_whitelisted.xena": omics[Omic.METHYLATION],
        "broad.mit.edu_PANCAN_Genome_Wide_SNP_6.gene.xena": omics[Omic.COPY_NUMBER],
    }
    for name, table in names.items():
        put(folder / name, tcga.features_in_rows(table, "sample"))
    rows = [f"{name}\t1\tPrimary Tumor\tthymoma\n" for name in omics[Omic.EXPRESSION].index]
    put(
        folder / "TCGA_phenotype_denseDataOnlyDownload.tsv",
        "sample\tsample_type_id\tsample_type\t_primary_disease\n" + "".join(rows),
    )


def _gdc(cohort: Cohort, folder: Path) -> None:
    omics = small(cohort.tumors)
    studies = pd.Series("UVM", index=omics[Omic.EXPRESSION].index.str[:12])
    sheet = []
    for k, (sample, logs) in enumerate(omics[Omic.EXPRESSION].astype(float).iloc[:3].iterrows()):
        name = f"{k}-aaaa.rna_seq.augmented_star_gene_counts.tsv"
        put(folder / f"id-{k}" / name, tcga.star_counts(2**logs - 1))
        sheet.append(tcga.sheet_row(name, sample, f"{sample}A", studies))
    betas = omics[Omic.METHYLATION].iloc[:3]
    for k, (sample, values) in enumerate(betas.iterrows()):
        name = f"{k}-aaaa.methylation_array.sesame.level3betas.txt"
        put(folder / f"beta-{k}" / name, values.to_csv(sep="\t", na_rep="NA", header=False))
        sheet.append(tcga.sheet_row(name, sample, f"{sample}A", studies))
    put(folder / "all.wxs.aliquot_ensemble_masked.maf.gz", tcga.maf(omics[Omic.MUTATION]))
    put(folder / "gdc_sample_sheet.tsv", tcga.SHEET_HEADER + "".join(sheet))


def _cbioportal(cohort: Cohort, folder: Path) -> None:
    omics = small(cohort.tumors)
    names = omics[Omic.EXPRESSION].index
    rsem = (2 ** omics[Omic.EXPRESSION].astype(float) - 1).T
    rsem.insert(0, "Entrez_Gene_Id", np.arange(1, len(rsem) + 1))
    texts = {
        "data_mrna_seq_v2_rsem.txt": rsem.rename_axis("Hugo_Symbol").to_csv(sep="\t"),
        "data_cna.txt": tcga.features_in_rows(tcga.calls(omics[Omic.COPY_NUMBER]), "Hugo_Symbol"),
        "data_mutations.txt": tcga.maf(omics[Omic.MUTATION], ending="").partition("\n")[2],
        "data_clinical_patient.txt": tcga.CLINICAL
        + "PATIENT_ID\tCANCER_TYPE_ACRONYM\n"
        + "".join(f"{name[:12]}\tACC\n" for name in names),
        "data_clinical_sample.txt": tcga.CLINICAL
        + "PATIENT_ID\tSAMPLE_ID\tCANCER_TYPE\n"
        + "".join(f"{name[:12]}\t{name}\tSome Cancer\n" for name in names),
    }
    for name, text in texts.items():
        put(folder / name, text)


def _maf(cohort: Cohort, folder: Path) -> None:
    put(folder / "some.maf", tcga.maf(small(cohort.tumors)[Omic.MUTATION]))


def segments(names: pd.Index, header: str) -> str:
    return header + "".join(
        f"{name}\t{chromosome}\t{start}\t{start + 40_000_000}\t9\t{mean}\n"
        for name in names
        for chromosome, start, mean in (("1", 1, -0.4), ("1", 50_000_001, 0.0), ("X", 9, 1.5))
    )


def _seg(cohort: Cohort, folder: Path) -> None:
    names = small(cohort.tumors)[Omic.COPY_NUMBER].index
    put(folder / "some.seg", segments(names, tcga.SEG_HEADER))


def _prep4deepdep(cohort: Cohort, folder: Path) -> None:
    omics = small(cohort.cell_lines)
    for name, omic, label in (
        ("exp.txt", Omic.EXPRESSION, "Gene"),
        ("mut.txt.gz", Omic.MUTATION, "Gene"),
        ("meth.txt", Omic.METHYLATION, "Probe"),
    ):
        put(folder / name, tcga.features_in_rows(omics[omic], label))
    lines = omics[Omic.EXPRESSION].index
    put(folder / "dep.txt", tcga.features_in_rows(effects(cohort, lines), "Gene"))
    put(folder / "dep_prediction.txt", "Gene\nABL1\nTP53\n")
    header = "CCLE_name\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"
    put(folder / "cna.txt", segments(lines, header))


def _gmt(cohort: Cohort, folder: Path) -> None:
    put(folder / "sets.gmt", gmt(cohort))


def _gmt_gz(cohort: Cohort, folder: Path) -> None:
    put(folder / "sets.gmt.gz", gmt(cohort))


def _gene_table(cohort: Cohort, folder: Path) -> None:
    expression = small(cohort.cell_lines)[Omic.EXPRESSION]
    put_table(folder / "cell_lines/expression.csv", expression)
    rows = [
        f'HGNC:{k}\t{gene}\t"a name, with a comma"\t"OLD{k}|{gene}L"\t\t{k}\tENSG{k:011d}\n'
        for k, gene in enumerate([*expression.columns, "SEPTIN9"])
    ]
    put(folder / "hgnc.tsv", HGNC + "".join(rows))


def _feature_lists(cohort: Cohort, folder: Path) -> None:
    omics = small(cohort.cell_lines)
    for name in ("expression", "mutation", "methylation"):
        put_table(folder / f"cell_lines/{name}.csv", omics[Omic(name)])
    for name, omic, header in (
        ("a.csv", Omic.EXPRESSION, "Gene,Mean"),
        ("b.csv.gz", Omic.MUTATION, "Gene,Median"),
        ("c.csv", Omic.METHYLATION, "Probe,Mean"),
    ):
        typical = "".join(f"{feature},0.5\n" for feature in omics[omic])
        put(folder / "lists" / name, f"{header}\n{typical}")
    bins = "chr8_20to21_10k,8.0,20.0,21.0\nchr7_1to2_10k,7.0,1.0,2.0\n"
    put(folder / "lists/d.csv", f"CNA,Chr,Start,End\n{bins}")
    put(folder / "lists/e.csv", "Gene\nABL1\nTP53\n")
    put(folder / "lists/f.gmt", gmt(cohort))


def _gene_list(cohort: Cohort, folder: Path) -> None:
    put(folder / "genes.csv", "Symbol,r\n# mine\nTP53,0.3\n" + "".join(f"{g}\n" for g in GENES))


def _anndata(cohort: Cohort, folder: Path) -> None:
    omics = small(cohort.cell_lines)
    lines = omics[Omic.EXPRESSION].index
    table = effects(cohort, lines)
    folder.mkdir(exist_ok=True)
    write_matrix(omics[Omic.EXPRESSION], folder / "lines.h5ad", uns={"omic": "expression"})
    write_gene_effect(type(cohort.gene_effect)(table, cohort.gene_effect.kind), folder / "e.h5ad")


def _mudata(cohort: Cohort, folder: Path) -> None:
    given = cohort.cell_lines
    omics = small(given)
    obs = given.obs.loc[omics[Omic.EXPRESSION].index]
    folder.mkdir(exist_ok=True)
    write_samples(Samples(omics, obs, given.units, "hg19", "DepMap 24Q4"), folder / "lines.h5mu")


TABLES = "import tables {folder} --gene-effect effects"

READERS = {
    "tables": Reader(_tables_as(".csv"), TABLES, "*/*.csv"),
    "tables.tsv.gz": Reader(_tables_as(".tsv.gz"), TABLES, "*/*.gz"),
    "parquet": Reader(_tables_as(".parquet"), TABLES, "*/*.parquet"),
    "models": Reader(_tables_as(".csv"), TABLES, "*/Model.csv"),
    "depmap": Reader(_depmap_up_to_25q1, "import depmap {folder}"),
    "depmap_25q2": Reader(_depmap_from_25q2, "import depmap {folder} --bin-width 50000000"),
    "xena": Reader(_xena, "import tcga {folder}"),
    "gdc": Reader(_gdc, "import tcga {folder}"),
    "cbioportal": Reader(_cbioportal, "import tcga {folder}"),
    "maf": Reader(_maf, "import tcga {folder}/some.maf"),
    "seg": Reader(_seg, "import tcga {folder} --assembly hg19 --bin-width 50000000"),
    "prep4deepdep": Reader(_prep4deepdep, "import prep4deepdep {folder} --bin-width 50000000"),
    "gmt": Reader(_gmt, "import gmt {folder}/sets.gmt"),
    "gmt.gz": Reader(_gmt_gz, "import gmt {folder}/sets.gmt.gz"),
    "gene_table": Reader(
        _gene_table, "import tables {folder} --genes-table {folder}/hgnc.tsv", "hgnc.tsv"
    ),
    "feature_lists": Reader(
        _feature_lists,
        "import tables {folder} --feature-lists {folder}/lists --allow-missing-features",
        "lists/*",
    ),
    # The samples are not there: the list is read before them, and no model is asked.
    "gene_list": Reader(
        _gene_list,
        "predict --model none --samples {folder}/none --genes {folder}/genes.csv",
        takes=False,
        target="effects.h5ad",
    ),
    "h5ad": Reader(_anndata, "import anndata {folder}"),
    "h5mu": Reader(_mudata, "import anndata {folder}"),
}
