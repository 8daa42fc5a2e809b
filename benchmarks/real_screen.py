"""Whether the screen of alterations finds, in real lines, what many more lines show.

``python benchmarks/real_screen.py``. Reads ../shared/real2, or the folder that DEEPDEP_REAL2_DATA
names, as ``real.py --data real2`` does; without it nothing is run. Alterations of the labelled
lines are screened, observed and in silico, and compared with measured effects of a later release,
in which about twice as many lines carry them (Hedges' g of CRISPR, and of RNAi, another assay). It
is only for judging: it holds lines that are withheld here.

Pairs are those of an alteration and a gene that both have. A pair is *there* where carriers depend
on the gene more by 0.8 SD (Hedges' g; Cohen 1988 calls that large). For each kind of evidence:
AUROC of each alteration over genes, and of each gene over alterations, averaged; of the 50
strongest pairs how many are there, and how many of them RNAi confirms (g of -0.3 or less). Beside
them: how the altered gene and the other are co-expressed, and whether they are paralogs. Prints a
JSON line for pairs of the altered gene itself, of others, of validated paralogs, of what is called,
and of alterations permuted within lineages.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import yaml
from sklearn.metrics import roc_auc_score

from deepdep.analysis.alterations import alterations_of
from deepdep.analysis.observed_pairs import observed_pairs
from deepdep.analysis.synthetic_lethality import ScreenSettings, covariates_of, screen_pairs
from deepdep.data.cohort import add_to_cohort, read_cohort
from deepdep.data.gene_groups import paralogs_of
from deepdep.data.prepare import PrepareSettings, prepare
from deepdep.data.prepared import Prepared, read_omics
from deepdep.domain.cohort import Cohort
from deepdep.domain.drivers import DRIVERS
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.models import TrainedEncoder, TrainedPredictor, load_predictor, save_predictor
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import read_settings
from deepdep.sources.tables.read import import_tables
from deepdep.training.cross_fit import CrossFittedClosedForm, fit_predictor
from deepdep.training.settings import FinetuneSettings
from lacking import UNUSED
from real import FOLDER_2, TABLES_2, params_of_real2, placed_tables
from real_pipeline import absent_data
from screen import within_lineages

LABELS = "dependency_class_22q1"
LARGE, CONFIRMED = -0.8, -0.3  # Hedges' g
N_STRONGEST = 50
N_FITS = 2  # to permuted alterations
N_PERMUTED, N_ROUNDS = 3, 50  # draws; and permutations in each, which leave far p to the tail
MUTATED = (
    "alk", "apc", "arid1a", "braf", "crebbp", "ctnnb1", "egfr", "ep300", "fbxw7", "hras", "kmt2b",
    "kmt2c", "kmt2d", "kras", "lrp1b", "nf1", "nras", "pik3ca", "pten", "rb1", "smarca4", "tp53"
)  # fmt: skip
AMPLIFIED = ("ccnd1", "ccne1", "cdk4", "egfr", "erbb2", "met", "mdm2", "myc", "mycn", "sox2")
NAMES = (
    {gene: f"{gene.upper()} mutation" for gene in MUTATED}
    | {f"{gene}_amp": f"{gene.upper()} amplification" for gene in AMPLIFIED}
    | {"mtap_del": "MTAP deletion", "smad4_loss": "SMAD4 deletion"}
)


@dataclass(frozen=True)
class Screened:
    """Pairs of the screen, and what they were screened in."""

    cohort: Cohort
    effect: pd.DataFrame
    settings: ScreenSettings
    pairs: pd.DataFrame


def screened() -> Screened:
    """Screen the alterations of all labelled lines."""
    cohort, prepared, predictor = prepared_cohort()
    params = FOLDER_2 / LABELS / "params.yaml"
    settings = read_settings(params, "screen", ScreenSettings)
    settings = replace(settings, covariates=("msi_status",), n_permuted_fits=N_FITS)
    closed_form = read_settings(params, "finetune.closed_form", ClosedFormSettings)
    pairs = screen_pairs(cohort, prepared, predictor, settings, closed_form)
    return Screened(cohort, prepared.gene_effect.table, settings, pairs)


def prepared_cohort(
    more_genes: Collection[str] = (),
) -> tuple[Cohort, Prepared, TrainedPredictor]:
    """Import, prepare, and fit the closed form to all labelled lines, where that is not done.

    With more genes, that are learned whatever share of the lines depends on them, it is another
    predictor.
    """
    folder = FOLDER_2 / LABELS
    if not (folder / "cohort").exists():
        tables = placed_tables(FOLDER_2 / "tables")
        add_to_cohort(import_tables(tables, LABELS, notes=Notes()), folder / "cohort")
    params = folder / "params.yaml"
    params.write_text(yaml.safe_dump(params_of_real2(), sort_keys=False), encoding="utf-8")
    cohort = read_cohort(folder / "cohort")
    settings = read_settings(params, "prepare", PrepareSettings)
    prepared = prepare(cohort, settings, read_omics(params), [])
    if more_genes:
        genes = sorted({*prepared.genes, *more_genes})
        settings = replace(settings, dependent_share=(0.0, 1.0))
        prepared = prepare(cohort, settings, read_omics(params), genes)
    prepared = prepared.with_every_line()
    saved = folder / ("predictor_of_more" if more_genes else "predictor")
    if not saved.exists():
        finetune = read_settings(params, "finetune", FinetuneSettings)
        predictor = fitted(prepared, replace(finetune, n_members=0))
        save_predictor(predictor, pd.DataFrame(), saved)
    return cohort, prepared, load_predictor(saved)


def fitted(prepared: Prepared, settings: FinetuneSettings) -> TrainedPredictor:
    """Fit the closed form once, leaving nothing out."""
    if settings.closed_form is None:
        raise ValueError("params.yaml asks for no closed form")
    encoders = {
        omic: TrainedEncoder(UNUSED.build(len(space.table), name=str(omic)), UNUSED, space)
        for omic, space in prepared.features.items()
    }
    closed_form = CrossFittedClosedForm.fit(prepared, settings.closed_form, leave_out=False)
    return fit_predictor(prepared, encoders, settings, closed_form=closed_form).predictor


def judged_pairs(found: Screened) -> pd.DataFrame:
    """Join pairs with what was measured; of an alteration in several tables the strongest row."""
    folder = TABLES_2 / "synthetic_lethality"
    keys = ["alteration", "gene"]
    measured = pd.read_parquet(folder / "measured_effects.parquet", columns=[*keys, "hedges_g"])
    rnai = pd.read_parquet(folder / "measured_effects_rnai.parquet", columns=[*keys, "hedges_g"])
    measured = measured.merge(rnai, on=keys, how="left", suffixes=("", "_rnai"))
    measured["alteration"] = measured["alteration"].astype(str).map(NAMES)
    pairs = found.pairs.sort_values("rank").drop_duplicates(keys)
    pairs = pairs.merge(measured.dropna(subset="alteration"), on=keys)
    altered = pairs["alteration"].str.rsplit(" ", n=1).str[0]
    return pairs.assign(
        altered=altered,
        observed=-pairs["z"],
        in_silico=-pairs["in_silico_cell_lines"],
        co_expression=co_expression(found.cohort, altered, pairs["gene"]),
        paralogy=paralogy(altered, pairs["gene"]),
    )


def co_expression(cohort: Cohort, altered: pd.Series, genes: pd.Series) -> np.ndarray:
    """Return |r| of two genes' expression over lines; NaN where either was not measured."""
    table = cohort.cell_lines.omics[Omic.EXPRESSION]
    both = sorted(({*altered} | {*genes}) & {*table.columns})
    r = table[both].corr().abs().reindex(index=altered.unique(), columns=genes.unique())
    rows, columns = r.index.get_indexer(altered), r.columns.get_indexer(genes)
    return r.to_numpy()[rows, columns]


def paralogy(altered: pd.Series, genes: pd.Series) -> np.ndarray:
    """Whether two genes are paralogs by their names, as 0 or 1."""
    paralogs = paralogs_of(pd.Index(genes.unique()), set(altered))
    pairs = zip(altered, genes, strict=True)
    return np.array([float(one in paralogs.get(other, ())) for one, other in pairs])


def told(pairs: pd.DataFrame, evidence: str) -> dict[str, float | None]:
    """Return how well one kind of evidence ranks pairs that are there before others."""
    known = pairs.dropna(subset=evidence)
    there = known["hedges_g"] <= LARGE
    areas, of_genes = (areas_by(key, known, there, evidence) for key in ("alteration", "gene"))
    strongest = known.nlargest(N_STRONGEST, evidence)
    rnai = strongest["hedges_g_rnai"].dropna()
    return {
        "n_pairs": len(known),
        "n_there": int(there.sum()),
        "auroc": round(float(np.mean(areas)), 3) if areas else None,
        "n_alterations": len(areas),
        "auroc_by_gene": round(float(np.mean(of_genes)), 3) if of_genes else None,
        "n_genes": len(of_genes),
        "precision_at_50": round(float((strongest["hedges_g"] <= LARGE).mean()), 3),
        "confirmed_by_rnai": round(float((rnai <= CONFIRMED).mean()), 3),
    }


def areas_by(key: str, pairs: pd.DataFrame, there: pd.Series, evidence: str) -> list[float]:
    """Return AUROC of each alteration or gene that has pairs of both kinds."""
    return [
        float(roc_auc_score(there[of.index], of[evidence]))
        for _, of in pairs.groupby(key)
        if 0 < there[of.index].sum() < len(of)
    ]


def main() -> None:
    if absent := absent_data(TABLES_2):
        print(json.dumps({"benchmark": "real_screen", "skipped": f"there is no {absent[0]}"}))
        return
    found = screened()
    pairs = judged_pairs(found)
    itself = pairs["altered"] == pairs["gene"]
    for which, some in (
        ("the altered gene itself", pairs[itself]),
        ("other genes", pairs[~itself]),
    ):
        evidence = ("observed", "in_silico")
        if which == "other genes":
            evidence += ("co_expression", "paralogy")  # type: ignore[assignment]
        print(
            json.dumps(
                {
                    "benchmark": "real_screen",
                    "pairs": which,
                    **{name: told(some, name) for name in evidence},
                }
            ),
            flush=True,
        )
    validated = pd.read_csv(TABLES_2 / "synthetic_lethality" / "validated_paralogs.csv")
    both = {*zip(validated["gene_a"], validated["gene_b"], strict=True)}
    both |= {(b, a) for a, b in both}
    every = found.pairs.assign(altered=found.pairs["alteration"].str.rsplit(" ", n=1).str[0])
    is_validated = [p in both for p in zip(every["altered"], every["gene"], strict=True)]
    shown = every[is_validated][
        ["alteration", "table", "gene", "n_carriers", "difference", "z", "q"]
    ]
    rows = shown.assign(share=every["rank"][is_validated] / len(every)).round(4).to_dict("records")
    print(json.dumps({"benchmark": "real_screen", "pairs": "validated paralogs", "found": rows}))
    print(json.dumps({"benchmark": "real_screen", "pairs": "called", **called(found)}), flush=True)
    print(json.dumps({"benchmark": "real_screen", "pairs": "permuted", **of_permuted(found)}))


def called(found: Screened) -> dict:
    """Count the pairs that are called, and those of them that were published before."""
    pairs = found.pairs
    standing = pairs[pairs["q_standing"] <= found.settings.fdr]
    altered = standing["alteration"].str.rsplit(" ", n=1).str[0]
    both = [frozenset(pair) for pair in zip(altered, standing["gene"], strict=True)]
    folder = TABLES_2 / "synthetic_lethality"
    published = {
        "validated_paralogs": pd.read_csv(folder / "validated_paralogs.csv"),
        "literature_pairs": pd.read_csv(folder / "literature_pairs.csv"),
        "paralog_candidates": pd.read_parquet(folder / "paralog_pairs.parquet"),
    }
    counts = {}
    for name, table in published.items():
        known = {frozenset(pair) for pair in zip(table["gene_a"], table["gene_b"], strict=True)}
        counts[name] = sorted({" - ".join(sorted(pair)) for pair in both if pair in known})
    return {
        "n_pairs": len(pairs),
        "n_called": len(standing),
        "n_called_with_explained": int((pairs["q"] <= found.settings.fdr).sum()),
        "n_alterations_called": int(standing["alteration"].nunique()),
        "n_of_the_altered_gene_itself": int((altered == standing["gene"]).sum()),
        "published": counts,
        "strongest": [f"{r.alteration} - {r.gene}" for r in standing.head(40).itertuples()],
        "agreement": pairs.attrs["agreement"],
    }


def of_permuted(found: Screened) -> dict:
    """Permute alterations within lineages, all of a table together, and screen what comes of it."""
    lines, effect = found.cohort.cell_lines, found.effect
    alterations = alterations_of(lines.tables, found.settings.alterations, effect.index)
    alterations = {name: one.distinct(effect.index, DRIVERS) for name, one in alterations.items()}
    fixed = covariates_of(lines, effect.index, found.settings.covariates)
    shares, n_called = [], []
    for seed in range(N_PERMUTED):
        rng = np.random.default_rng(seed)
        permuted = within_lineages(alterations, lines.obs["lineage"], rng)
        pairs = observed_pairs(
            effect,
            permuted,
            lines.obs["lineage"],
            n_permutations=N_ROUNDS,
            rng=rng,
            covariates=fixed,
        )
        is_called = pairs["q"] <= found.settings.fdr
        shares.append(pairs.loc[is_called, "alteration"].nunique() / pairs["alteration"].nunique())
        n_called.append(int(is_called.sum()))
    return {
        "n_draws": N_PERMUTED,
        "mean_share_of_alterations_called": round(float(np.mean(shares)), 5),
        "n_called_by_draw": n_called,
    }


if __name__ == "__main__":
    main()
