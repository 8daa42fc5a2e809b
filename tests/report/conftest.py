"""Outputs of all stages, small and made up, with a story that the report must tell."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from deepdep.data.prepared import Prepared, PreparedOmic, write_prepared
from deepdep.data.splits import Split
from deepdep.domain.cohort import Source
from deepdep.domain.features import FeatureSpace
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.evaluation import EvaluateSettings, evaluate
from deepdep.evaluation.judge import Judged, UnseenLines
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.report.document import Section
from deepdep.report.report import Report, ReportSettings, build_report, render
from deepdep.report.results import Results, read_results
from deepdep.simulation.settings import TINY
from deepdep.statistics.conformal import COVERAGE, EffectInterval, half_widths

PAYLOAD = "<script>alert(1)</script>"
ADDICTION = "SOX10"
ADDICTED_LINEAGE = "Skin"
LINEAGES = (
    "Skin", "Lung", "Breast", "Bowel", "Kidney", "Liver", "Lymphoid", "Myeloid", "CNS/Brain",
    "Ovary/Fallopian Tube", "Pancreas", "Esophagus/Stomach", "Bladder/Urinary Tract",
    "Head and Neck", "Soft Tissue", "Uterus", "Prostate", "Thyroid", "Bone", "Cervix",
)  # fmt: skip
GENES = (
    PAYLOAD, ADDICTION, "BRAF", "MITF", "KRAS", "TP63", "MYB", "IRF4", "HNF1A", "CTNNB1", "ESR1",
    "GATA3", "PAX8", "WRN", "MDM2", "PRMT5", "SMARCA2", "ERBB2", "EGFR", "CDK6", "CCND1", "MYCN",
    "NRAS", "PIK3CA", "FOXA1", "TCF7L2", "EBF1", "SPDEF", "KLF5", "GRHL2", "SOX2", "FGFR1",
)  # fmt: skip

SETTINGS = ReportSettings(
    n_dependencies=3, min_deviation=0.5, min_samples_per_lineage=3, n_neighbors=5, seed=1
)


@dataclass(frozen=True)
class Story:
    """How large the made-up cohort is, and what it lacks.

    Skin samples need SOX10 and no others do, which the predictor has learned; a third of the
    genes are noise to every model. One gene is named like a script.
    """

    n_tumors: int = 60
    n_lines: int = 60
    n_genes: int = 24
    n_lineages: int = 5
    n_trials: int = 6
    omics_of_tumors: tuple[Omic, ...] = (Omic.MUTATION, Omic.EXPRESSION)
    kind: GeneEffectKind = GeneEffectKind.GENE_EFFECT


@pytest.fixture(scope="session")
def write_stages() -> Callable[[Path, Story], Path]:
    """Write what the stages of a story would leave in a folder, params.yaml included."""
    return write_story


@pytest.fixture(scope="session")
def story() -> Story:
    """A small cohort in which nothing is missing."""
    return Story()


@pytest.fixture(scope="session")
def settings() -> ReportSettings:
    return SETTINGS


@pytest.fixture
def results_of(tmp_path: Path) -> Callable[..., Results]:
    """Write and read the stages of a story that differs from the usual one."""

    def read(story: Story) -> Results:
        return read_story(write_story(tmp_path / "run", story))

    return read


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory, story: Story) -> Results:
    """All that the stages of the small cohort left."""
    return read_story(write_story(tmp_path_factory.mktemp("stages"), story))


@pytest.fixture(scope="session")
def unjudged(tmp_path_factory: pytest.TempPathFactory, story: Story) -> Results:
    """The same where no line was kept to judge by."""
    folder = write_story(tmp_path_factory.mktemp("unjudged"), story)
    prepared = read_story(folder).prepared.with_every_line()
    write_prepared(prepared, folder / "prepared")
    _write_reports(Judged.nothing(prepared), folder / "reports")
    return read_story(folder)


@pytest.fixture(scope="session")
def report(results: Results, settings: ReportSettings) -> Report:
    """The whole report of the small cohort."""
    return build_report(results, settings)


class Page(HTMLParser):
    """What a browser would see of a report: elements with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="session")
def page(report: Report) -> Page:
    """The whole report as a browser sees it."""
    return Page(report.html)


@pytest.fixture(scope="session")
def page_of() -> Callable[[str], Page]:
    """Read any page as a browser sees it."""
    return Page


@pytest.fixture(scope="session")
def shown() -> Callable[[Section], Page]:
    """Render one section alone."""
    return lambda section: Page(render([section]))


def read_story(folder: Path) -> Results:
    names = ("prepared", "models", "reports", "predictions", "tuning", "params.yaml", "study")
    return read_results(*(folder / name for name in names))


def write_story(folder: Path, story: Story) -> Path:
    rng = np.random.default_rng(0)
    genes = pd.Index([*GENES, *(f"GENE{i}" for i in range(story.n_genes))][: story.n_genes])
    lineages = LINEAGES[: story.n_lineages]
    needs = _needs(genes, lineages, rng)
    lines, tumors = _obs(story.n_lines, lineages, "line"), _obs(story.n_tumors, lineages, "tumor")
    centers = pd.DataFrame(rng.normal(0, 0.8, (len(lineages), 16)), index=lineages)
    hidden = {name: rng.normal(0, 1, (len(obs), len(genes))) for name, obs in
              (("line", lines), ("tumor", tumors))}  # fmt: skip
    mean = rng.choice([-1.1, -0.4, -0.15], len(genes), p=[0.15, 0.35, 0.5])
    known = rng.uniform(0, 0.35, len(genes)) * (np.arange(len(genes)) % 3 > 0)
    effect = {
        name: mean + needs.loc[obs["lineage"]].to_numpy() + known * hidden[name]
        for name, obs in (("line", lines), ("tumor", tumors))
    }
    noisy = effect["line"] + rng.normal(0, 0.16, effect["line"].shape)
    if story.kind is GeneEffectKind.CLASS:
        noisy = np.clip(np.round(noisy * 1.4), -2, 0)
    measured = pd.DataFrame(noisy, lines.index, genes)
    measured = measured.mask(rng.random(measured.shape) < 0.02)
    splits = lines[["patient_id", "lineage"]].assign(split=_splits(len(lines), rng))
    prepared = _prepared(story, lines, tumors, splits, measured, rng)
    write_prepared(prepared, folder / "prepared")
    _write_judged(prepared, pd.DataFrame(effect["line"], lines.index, genes), folder, rng)
    per_gene = pd.read_csv(folder / "reports" / "per_gene.csv", keep_default_na=False)
    test_r = per_gene[per_gene["model"] == "predictor"].set_index("gene")["r"]
    for name, file, obs in (("line", "cell_lines", lines), ("tumor", "tumors", tumors)):
        learned = np.where(genes == ADDICTION, 1.0, 0.6)
        predicted = pd.DataFrame(mean + learned * (effect[name] - mean), obs.index, genes)
        code = centers.loc[obs["lineage"]].to_numpy() + rng.normal(0, 0.7, (len(obs), 16))
        matrix = to_anndata(
            predicted, obs=obs, obsm={"X_code": code.astype(np.float32), "X_tsne": code[:, :2]}
        )
        r = test_r.reindex(genes)
        matrix.var = pd.DataFrame(
            {
                "mean": measured.mean(),
                "sd": measured.std(),
                "test_r": r,
                "cv_r": r - 0.02,
                "cv_r_low": r - 0.27,
                "cv_r_high": (r + 0.2).clip(upper=0.98),
                "trusted": r - 0.27 > 0,
                "half_width": 1.2 * measured.std(),
            }
        )
        write_anndata(matrix, folder / "predictions" / f"{file}.h5ad")
    _write_models(folder / "models", rng)
    _write_makeup(folder / "models" / "judged", genes)
    _write_tuning(folder, story, rng)
    _write_csv(_learning_curve(), folder / "study" / "learning_curve.csv")
    (folder / "reports" / "registration.json").write_text('{"deepdep-predictor": "ab12"}')
    params = {
        "omics": [str(omic) for omic in TINY.n_features],
        "finetune": {"seed": 7, "widths": [64, 32]},
        "report": asdict(SETTINGS),
        "tune": {
            "space": {
                "finetune.learning_rate": {"low": 1e-4, "high": 0.01, "scale": "log"},
                "finetune.dropout": {"low": 0.0, "high": 0.5, "scale": "linear"},
                "pretrain.expression.widths": {"choices": [[64, 16], [128, 32]]},
            }
        },
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    return folder


def _learning_curve() -> pd.DataFrame:
    """Pretraining helps where labelled lines are few; ridge needs many."""
    r = {"pretrained": (0.21, 0.26, 0.29), "not_pretrained": (0.13, 0.22, 0.285),
         "ridge": (0.11, 0.2, 0.27)}  # fmt: skip
    rows = [
        {"n_lines": n_lines, "model": model, "mean_gene_r": of, "low": of - 0.04, "high": of + 0.03}
        for model, values in r.items()
        for n_lines, of in zip((20, 40, 80), values, strict=True)
    ]
    return pd.DataFrame(rows)


def _needs(genes: pd.Index, lineages: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    needs = pd.DataFrame(rng.normal(0, 0.05, (len(lineages), len(genes))), lineages, genes)
    for position, gene in enumerate(genes[2:], start=2):
        if position % 3:
            needs.loc[lineages[position % len(lineages)], gene] -= 0.5
    return needs.assign(
        **{ADDICTION: [-1.3 if name == ADDICTED_LINEAGE else 0.1 for name in lineages]}
    )


def _obs(n: int, lineages: tuple[str, ...], prefix: str) -> pd.DataFrame:
    names = [f"{prefix}-{i:04d}" for i in range(n)]
    of = [lineages[int(i**1.3) % len(lineages)] for i in range(n)]
    return pd.DataFrame(
        {"patient_id": [f"patient-{i:04d}" for i in range(n)], "lineage": of}, index=names
    )


def _splits(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([Split.TRAIN, Split.VALIDATION, Split.TEST], n, p=[0.6, 0.1, 0.3]).astype(str)


def _prepared(
    story: Story,
    lines: pd.DataFrame,
    tumors: pd.DataFrame,
    splits: pd.DataFrame,
    measured: pd.DataFrame,
    rng: np.random.Generator,
) -> Prepared:
    omics = {}
    for omic in TINY.n_features:
        features = [f"feature{i}" for i in range(12)]
        tables = {}
        for source, obs in ((Source.CELL_LINE, lines), (Source.TUMOR, tumors)):
            values = rng.normal(0, 1, (len(obs), 12))
            if omic is Omic.MUTATION:
                values = values > 1.2
            table = pd.DataFrame(values.astype(np.float32), obs.index, features)
            tables[source] = table[rng.random(len(obs)) < 0.9]
        has_tumors = omic in story.omics_of_tumors and len(tumors)
        scale = pd.DataFrame(
            {"in_tumors": True, "center_cell_line": 0.0, "scale_cell_line": 1.0}, index=features
        )
        omics[omic] = PreparedOmic(
            tables[Source.CELL_LINE],
            tables[Source.TUMOR] if has_tumors else None,
            FeatureSpace(scale, False, dict.fromkeys(Source, DEFAULT_UNITS[omic])),
        )
    sets = {f"SET{i}": tuple(measured.columns[i : i + 3]) for i in range(4)}
    gene_effect = GeneEffect(measured, story.kind)
    seen = splits.index[splits["split"] != Split.TEST]
    background = GeneEffect(measured.loc[seen], story.kind, splits.loc[seen, "patient_id"])
    return Prepared(omics, lines, tumors, splits, gene_effect, sets, ["ORPHAN"], background, {})


def _write_judged(
    prepared: Prepared, truth: pd.DataFrame, folder: Path, rng: np.random.Generator
) -> None:
    split, effects = prepared.splits["split"], prepared.gene_effect
    test, seen = split.index[split == Split.TEST], split.index[split != Split.TEST]
    mean = effects.table.loc[seen].mean()
    deviation = truth.loc[test] - mean
    lineage = prepared.splits["lineage"]
    of_lineage = (effects.table.loc[seen] - mean).groupby(lineage[seen]).mean()
    by_lineage = of_lineage.reindex(lineage[test]).fillna(0).set_axis(test)

    def seeing(share: float, noise: float) -> pd.DataFrame:
        return mean + share * deviation + rng.normal(0, noise, deviation.shape)

    predictions = {
        "predictor": seeing(0.7, 0.12),
        "gene_mean": deviation * 0 + mean,
        "lineage_mean": mean + 0.6 * by_lineage,
        "ridge": seeing(0.6, 0.14),
    }
    measured = GeneEffect(effects.table.loc[test], effects.kind)
    training = GeneEffect(effects.table.loc[seen], effects.kind)
    obs = prepared.splits.loc[test]
    width = half_widths(
        effects.table.loc[seen],
        truth.loc[seen],
        effects.table.loc[seen].std() + 0.01,
        coverage=COVERAGE,
    )
    intervals = {"predictor": EffectInterval.around(predictions["predictor"], 1.5 * width)}
    judged = evaluate(
        predictions, measured, training, obs, EvaluateSettings(50, {}), intervals=intervals, rng=rng
    )
    lines = UnseenLines(measured.table, measured.kind, predictions, obs[["patient_id", "lineage"]])
    metrics = {"cohort": prepared.counts, **asdict(judged.comparison)}
    _write_reports(Judged(metrics, judged.per_gene, lines), folder / "reports")


def _write_reports(judged: Judged, reports: Path) -> None:
    names = ("headline.json", "metrics.json", "per_gene.csv", "test_predictions.h5ad")
    judged.write(*(reports / name for name in names))


def _write_models(models: Path, rng: np.random.Generator) -> None:
    epoch = np.arange(40)
    for omic in TINY.n_features:
        loss = 0.45 + 0.5 * np.exp(-epoch / 8)
        if omic is Omic.MUTATION:
            loss = loss * 0.4
        history = pd.DataFrame(
            {"epoch": epoch, "loss": loss + 0.06, "val_loss": loss + 0.004 * np.abs(epoch - 28)}
        )
        if omic is Omic.COPY_NUMBER:
            history = history.iloc[:0]
        _write_csv(history, models / "autoencoders" / omic / "history.csv")
    histories = [_history(network, rng) for network in (1, 2, 3)]
    _write_csv(pd.concat(histories), models / "judged" / "history.csv")


def _write_makeup(predictor: Path, genes: pd.Index) -> None:
    """A quarter is the networks'; half the genes are trusted; genes follow single features."""
    settings = {"n_networks": 3, "network_share": 0.25}
    (predictor / "settings.json").write_text(json.dumps(settings))
    weights = {"mutation": 0.3, "expression": 1.0, "methylation": 0.0, "copy_number": 0.7}
    (predictor / "kernel.json").write_text(json.dumps({"weights": weights, "width": 0.5}))
    single = pd.DataFrame(
        {"gene": genes, "omic": "expression", "name": "feature3", "weight": 0.01}
    ).assign(weight=lambda table: -table["weight"] * (1 + np.arange(len(table))))
    _write_csv(single, predictor / "single_features.csv")
    trust = pd.DataFrame({"gene": genes, "trusted": np.arange(len(genes)) % 2 == 0})
    _write_csv(trust, predictor / "gene_trust.csv")


def _history(network: int, rng: np.random.Generator) -> pd.DataFrame:
    """A network's curve; each stopped at another epoch."""
    epoch = np.arange(20 + 10 * network)
    best = 0.3 + 0.02 * network
    noise = rng.normal(0, 0.004, len(epoch))
    return pd.DataFrame(
        {
            "epoch": epoch,
            "loss": 0.6 + 0.4 * np.exp(-epoch / 9),
            "val_loss": 0.85 + 0.15 * np.exp(-epoch / 5) + 0.002 * network * epoch,
            "val_mean_gene_r": best * (1 - np.exp(-epoch / 7)) - 1e-4 * (epoch - 20) ** 2 + noise,
            "network": network,
        }
    )


def _write_tuning(folder: Path, story: Story, rng: np.random.Generator) -> None:
    number = np.arange(story.n_trials)
    trials = pd.DataFrame(
        {
            "number": number,
            "state": np.where(number % 4 == 3, "pruned", "complete"),
            "value": rng.normal(0.27, 0.02, story.n_trials),
            "retry_of": np.nan,
            "finetune.dropout": rng.uniform(0, 0.5, story.n_trials),
            "finetune.learning_rate": 10 ** rng.uniform(-4, -2, story.n_trials),
            "pretrain.expression.widths": rng.choice(["[64, 16]", "[128, 32]"], story.n_trials),
        }
    )
    best = {"finetune": {"dropout": 0.2}, "pretrain": {"expression": {"widths": [64, 16]}}}
    importances = pd.DataFrame({"setting": list(trials.columns[4:]), "importance": [0.2, 0.7, 0.1]})
    _write_csv(trials, folder / "tuning" / "trials.csv")
    _write_csv(importances[: story.n_trials], folder / "tuning" / "importances.csv")
    (folder / "tuning" / "best.yaml").write_text(yaml.safe_dump(best if story.n_trials else {}))
    _write_csv(_tuning_gain()[: story.n_trials], folder / "study" / "tuning_gain.csv")


def _tuning_gain() -> pd.DataFrame:
    """Tuning gains where it looked, and nothing that could be claimed where it did not."""
    figures = {
        ("validation", "untuned"): (0.25, 0.2, 0.3), ("validation", "tuned"): (0.3, 0.26, 0.34),
        ("validation", "difference"): (0.05, 0.02, 0.08), ("test", "untuned"): (0.24, 0.2, 0.28),
        ("test", "tuned"): (0.251, 0.21, 0.29), ("test", "difference"): (0.011, -0.01, 0.03),
    }  # fmt: skip
    rows = [
        {"split": split, "settings": name, "mean_gene_r": r, "low": low, "high": high,
         "lowest_seed": r - 0.01, "highest_seed": r + 0.01, "n_lines": 9}
        for (split, name), (r, low, high) in figures.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _write_csv(table: pd.DataFrame, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(target, index=False)
