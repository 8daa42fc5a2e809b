"""Files of a DepMap release and of UCSC Xena with simulated values, and what their import takes.

The layouts are those of docs/sources, the numbers of rows and columns those of real files: 1.4
million mutations, 20,531 x 11,060 expression, 396,065 probes x 9,640. `--scale` cuts samples and
features alike, so that a table of scale 0.5 is a quarter of the real one; it is printed with the
figures. What a simulated cohort does not have, such as further probes, is drawn at random.

    python benchmarks/release_files.py FOLDER --scale 0.2            # FOLDER/depmap, FOLDER/xena
    python benchmarks/release_files.py FOLDER --scale 0.2 --import   # and each imported by itself
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from deepdep.domain.omics import Omic
from deepdep.simulation import DEPMAP, Simulation, SimulationSettings, simulate
from full_size.own_process import in_own_process, peak_gib

SEED = 0
N_MUTATIONS = 1_400_000
XENA_SHAPES = {  # features, samples
    Omic.EXPRESSION: (20_531, 11_060),
    Omic.MUTATION: (40_543, 9_104),
    Omic.COPY_NUMBER: (24_776, 10_845),
    Omic.METHYLATION: (396_065, 9_640),
}
XENA_NAMES = {
    Omic.EXPRESSION: "EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena",
    Omic.MUTATION: "mc3.v0.2.8.PUBLIC.nonsilentGene.xena",
    Omic.COPY_NUMBER: "broad.mit.edu_PANCAN_Genome_Wide_SNP_6_whitelisted.gene.xena",
    Omic.METHYLATION: "jhu-usc.edu_PANCAN_HumanMethylation450.betaValue_whitelisted.tsv",
}
OTHER_COLUMNS = ["Chrom", "Pos", "Ref", "Alt", "AF", "DP", "RefCount", "AltCount", "VariantType"]
ROWS_AT_ONCE = 500
N_PROBES_KEPT = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="default: one that does not stay")
    parser.add_argument("--scale", type=float, default=0.1, help="of samples and of features")
    parser.add_argument("--import", action="store_true", dest="imports")
    args = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch) / "files"
        if not folder.exists():
            in_own_process(write_files, folder, args.scale)
        figures: dict[str, object] = {"benchmark": "release_files", "scale": args.scale}
        sizes = {file.name: file.stat().st_size for file in sorted(folder.glob("*/*"))}
        figures["megabytes"] = {name: round(size / 1e6, 1) for name, size in sizes.items()}
        if args.imports or args.folder is None:
            figures["imports"] = {
                name: in_own_process(imported, *request)
                for name, request in requests(folder, args.scale).items()
            }
    print(json.dumps(figures))


def write_files(folder: Path, scale: float) -> None:
    rng = np.random.default_rng(SEED)
    simulation = simulate(scaled(scale), rng)
    (folder / "depmap").mkdir(parents=True)
    (folder / "xena").mkdir()
    write_release(simulation, folder / "depmap", scale, rng)
    write_xena(simulation, folder / "xena", scale, rng)


def scaled(scale: float) -> SimulationSettings:
    return replace(
        DEPMAP,
        n_tumors=round(DEPMAP.n_tumors * scale),
        n_cell_lines=round(DEPMAP.n_cell_lines * scale),
        n_genes=round(DEPMAP.n_genes * scale),
        n_features={omic: round(n * scale) for omic, n in DEPMAP.n_features.items()},
    )


def write_release(
    simulation: Simulation, folder: Path, scale: float, rng: np.random.Generator
) -> None:
    lines = simulation.cohort.cell_lines
    models = pd.DataFrame(
        {
            "ModelID": lines.obs.index,
            "PatientID": lines.obs["patient_id"].to_numpy(),
            "CellLineName": lines.obs.index,
            "OncotreeLineage": lines.obs["lineage"].to_numpy(),
        }
    )
    models.to_csv(folder / "Model.csv", index=False)
    (folder / "README.txt").write_text("DepMap Public 24Q4\n")
    matrices = {
        "OmicsExpressionProteinCodingGenesTPMLogp1": lines.omics[Omic.EXPRESSION],
        "OmicsCNGene": np.exp2(lines.omics[Omic.COPY_NUMBER]).round(4),
        "CRISPRGeneEffect": simulation.cohort.gene_effect.table,
    }
    for name, table in matrices.items():
        named = [f"{gene} ({1_000_000 + n})" for n, gene in enumerate(table.columns)]
        write_table(folder / f"{name}.csv", "", [table.set_axis(named, axis=1)], ",")
    mutated = lines.omics[Omic.MUTATION]
    rows, columns = np.nonzero(mutated.to_numpy())
    n = round(N_MUTATIONS * scale**2)
    drawn = rng.choice(len(rows), n)  # a gene may be hit twice
    silent = rng.random(n) < 0.4
    texts = dict.fromkeys(OTHER_COLUMNS, np.full(n, "1", object)) | {
        "HugoSymbol": mutated.columns.to_numpy()[columns[drawn]],
        "MolecularConsequence": np.where(silent, "synonymous_variant", "missense_variant"),
        "EntrezGeneID": columns[drawn] + 1_000_000,
        "ModelID": mutated.index.to_numpy()[rows[drawn]],
    }
    csv.write_csv(pa.table(texts), folder / "OmicsSomaticMutations.csv")


def write_xena(
    simulation: Simulation, folder: Path, scale: float, rng: np.random.Generator
) -> None:
    tumors = simulation.cohort.tumors
    for omic, (n_features, n_samples) in XENA_SHAPES.items():
        table = tumors.omics[omic]
        n_samples, n_features = round(n_samples * scale), round(n_features * scale)
        samples = [f"TCGA-{n // 9_000 + 10}-{n % 9_000 + 1_000}-01" for n in range(n_samples)]
        whole = pieces(omic, table, n_features, samples, rng)
        write_table(folder / XENA_NAMES[omic], "sample", whole, "\t")
    studies = pd.DataFrame({"sample": samples, "_primary_disease": "breast invasive carcinoma"})
    studies.to_csv(folder / "TCGA_phenotype_denseDataOnlyDownload.tsv", sep="\t", index=False)


def pieces(
    omic: Omic, table: pd.DataFrame, n_features: int, samples: list[str], rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """Yield a matrix, features in rows, a few rows at a time."""
    names = list(table.columns)
    more = range(n_features - len(names))
    names += [f"cg{99_000_000 + n:08d}" if omic is Omic.METHYLATION else f"MORE{n}" for n in more]
    taken = np.arange(len(samples)) % len(table)
    for first in range(0, n_features, ROWS_AT_ONCE):
        part = names[first : min(first + ROWS_AT_ONCE, n_features)]
        there = table.reindex(columns=part).to_numpy()[taken].T
        drawn = rng.beta(0.6, 0.6, (len(part), len(samples))).round(3)
        if omic is Omic.MUTATION:
            drawn = (drawn > 0.99).astype(float)
        values = np.where(np.isnan(there) & (first >= table.shape[1]), drawn, there)
        yield pd.DataFrame(values.astype(float), part, samples)


def write_table(
    target: Path, corner: str, parts: list[pd.DataFrame] | Iterator[pd.DataFrame], delimiter: str
) -> None:
    """Write pieces of a matrix under one header, as short as the numbers may be."""
    with target.open("wb") as file:
        for k, part in enumerate(parts):
            if not k:
                file.write(delimiter.join([corner, *map(str, part.columns)]).encode() + b"\n")
            numbers = part.to_numpy(np.float64).round(4)
            columns = [pa.array(part.index.astype(str)), *map(pa.array, numbers.T)]
            rows = pa.table(columns, names=[str(n) for n in range(len(columns))])
            options = csv.WriteOptions(
                include_header=False, delimiter=delimiter, quoting_style="none"
            )
            csv.write_csv(rows, file, options)


def requests(folder: Path, scale: float) -> dict[str, tuple[Path, str, dict[str, object]]]:
    """Return what is imported by itself, by name: the arguments of ``imported``."""
    probes = folder / "xena" / XENA_NAMES[Omic.METHYLATION]
    n_kept = max(1, round(N_PROBES_KEPT * scale))
    listed = folder / "probes.txt"
    with probes.open() as lines:
        names = [line.split("\t", 1)[0] for line in lines][1:]
    listed.write_text("\n".join(names[:: max(1, len(names) // n_kept)][:n_kept]) + "\n")
    genes = folder / "promoters.tsv"
    rows = [f"{probe}\tGENE{n // 3}" for n, probe in enumerate(names[: 3 * n_kept])]
    genes.write_text("\n".join(["probe\tgene", *rows]) + "\n")
    asked: dict[str, tuple[Path, str, dict[str, object]]] = {
        "release": (folder / "depmap", "depmap", {})
    }
    for omic in (Omic.EXPRESSION, Omic.MUTATION, Omic.COPY_NUMBER):
        asked[omic] = (folder / "xena" / XENA_NAMES[omic], "tcga", {})
    asked["methylation of listed probes"] = (probes, "tcga", {"probes": listed})
    asked["methylation by promoter"] = (probes, "tcga", {"promoters": genes})
    asked["methylation by variance"] = (probes, "tcga", {"most_variable": n_kept})
    return asked


def imported(path: Path, source: str, options: dict[str, object]) -> dict[str, float]:
    """Read the file plainly, then import it; processor time of each, and memory at its highest."""
    from deepdep.domain.notes import Notes
    from deepdep.sources import sources
    from deepdep.sources.importing import ImportRequest

    sources()  # imports their modules, which is no reading
    start = time.process_time()
    for file in path.glob("*") if path.is_dir() else [path]:
        with file.open("rb") as stored:
            while stored.read(1 << 24):
                pass
    plain = time.process_time() - start
    before = peak_gib()
    start = time.process_time()
    part = ImportRequest(source, path, **options).read(Notes())
    seconds = time.process_time() - start
    samples = part.tumors or part.cell_lines
    tables = 0 if samples is None else sum(t.size * 4 for t in samples.omics.values())
    return {
        "reading_s": round(plain, 2),
        "import_s": round(seconds, 2),
        "peak_gib": round(peak_gib(), 2),
        "before_gib": round(before, 2),
        "tables_gib": round(tables / 2**30, 2),
    }


if __name__ == "__main__":
    main()
