import shutil
from dataclasses import replace

import pandas as pd
import pytest
import yaml

from deepdep.data.splits import NOT_JUDGED
from deepdep.domain.cohort import CohortIdentity
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import UnseenLines
from deepdep.models.artifacts import save_predictor
from deepdep.registry.model_card import (
    NO_PROFILES,
    encoder_card,
    predictor_card,
    without_header,
)

METRICS = {
    "cohort": {
        "n_tumors": 120,
        "n_lines_train": 40,
        "n_lines_validation": 10,
        "n_lines_test": 20,
    },
    "models": {
        "predictor": {"all": {"mean_gene_r": 0.3, "mean_gene_r_low": 0.2, "mean_gene_r_high": 0.4}},
        "gene_mean": {"all": {"mean_gene_r": 0.0, "mean_gene_r_low": 0.0, "mean_gene_r_high": 0.0}},
    },
    "differences": {
        "predictor - gene_mean": {
            "all": {"mean_gene_r": {"difference": 0.3, "low": 0.2, "high": 0.4, "p_holm": 0.01}}
        }
    },
}


@pytest.fixture
def card(predictor_folder):
    return predictor_card("deepdep-predictor", predictor_folder, METRICS, {"data (DVC)": "768.dir"})


def test_a_card_has_every_part_that_a_reader_looks_for(card):
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# deepdep-predictor",
        "## How to use it",
        "## Data",
        "## Split",
        "## How good it is",
        "## What it gives away",
        "## What it needs",
        "## Intended use",
        "## Limits",
        "## Licence",
        "## Citation",
    ]
    assert "- data (DVC): 768.dir\n- tumors: 120\n" in card
    assert "40 cell lines to learn from, 10 to stop by and 20 to judge a predictor" in card
    assert "This model has the same settings and learned from all of them" in card


def test_the_predictor_and_its_baselines_stand_with_figures_and_intervals(card):
    assert "| predictor | 0.300 (0.200 to 0.400) |" in card
    assert "| gene_mean | 0.000 (0.000 to 0.000) | +0.300 (+0.200 to +0.400; p 0.010) |" in card


def test_each_omic_stands_with_its_features_and_unit(card, prepared_cohort):
    for omic, tables in prepared_cohort.omics.items():
        n_features = len(tables.space.table)
        assert f"| {omic} | {n_features} | {next(iter(tables.space.units.values()))} |" in card


def test_an_autoencoder_has_a_card_of_its_own(encoder_folder):
    def card(losses):
        return encoder_card("name", encoder_folder, Omic.EXPRESSION, losses, {"data": "768"})

    assert "On samples held out in training: val_loss 0.5000." in card({"val_loss": 0.5})
    assert "it was not trained" in card({})
    assert "| expression |" in card({})


def header_of(card):
    _, header, _ = card.split("---\n", 2)
    return yaml.safe_load(header)


@pytest.mark.parametrize(
    ("identity", "license_", "tagged"),
    [
        (None, "other", False),
        (CohortIdentity("DepMap 24Q4", simulated=False, sha256=None), "other", False),
        (CohortIdentity("demo", simulated=True, sha256=None), "apache-2.0", True),
    ],
)
def test_the_header_is_what_model_hubs_read(predictor_folder, identity, license_, tagged):
    card = predictor_card("name", predictor_folder, METRICS, {}, identity)
    header = header_of(card)
    assert (header["license"], header["library_name"]) == (license_, "deepdep")
    assert ("simulated-data" in header["tags"]) is tagged
    assert ("**Simulated data.**" in card) is tagged
    (model,) = header["model-index"]
    (results,) = model["results"]
    assert results["metrics"] == [{"type": "mean r per gene, unseen patients", "value": 0.3}]
    assert results["dataset"]["name"] == (identity.name if identity else "not named")
    assert without_header(card).startswith("# name\n")


def test_each_lineage_stands_with_its_lines_and_the_skill_on_them(predictor_folder):
    measured = pd.DataFrame({"A": [0.0, 0.0, 1.0]}, ["L1", "L2", "L3"])
    unseen = UnseenLines(
        measured,
        GeneEffectKind.GENE_EFFECT,
        {"gene_mean": measured + 2, "predictor": measured.add([1.0, 1.0, 4.0], axis=0)},
        pd.DataFrame({"lineage": ["Skin", "Skin", "Lung"]}, measured.index),
    )
    card = predictor_card("name", predictor_folder, METRICS, {}, None, unseen)
    assert "| Lung | 1 | -3.00 |\n| Skin | 2 | +0.75 |" in card  # 1 - 16/4 and 1 - 1/4


def test_the_card_says_how_many_genes_can_be_trusted_and_by_what_rule(predictor_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(predictor_folder, folder)
    (folder / "gene_trust.csv").write_text(
        "gene,cv_r,q,trusted\nA,0.4,0.001,True\nB,0.1,0.3,False\n"
    )
    card = predictor_card("name", folder, METRICS, {})
    assert "1 of 2 genes: their q, " in card
    (folder / "gene_trust.csv").write_text("gene,cv_r,trusted\nA,0.4,True\nB,0.1,True\n")
    assert "2 of 2 genes: the 95 % interval" in predictor_card("name", folder, METRICS, {})
    (folder / "gene_trust.csv").unlink()
    assert "Genes to trust" not in predictor_card("name", folder, METRICS, {})


def test_without_lines_to_judge_by_the_card_says_so_and_has_no_figure(predictor_folder):
    nothing = {"cohort": METRICS["cohort"] | {"n_lines_test": 0}, "models": {}, "differences": {}}
    card = predictor_card("name", predictor_folder, nothing, {})
    assert NOT_JUDGED in card
    assert "40 cell lines to learn from and 10 to stop by. This model learned from all" in card
    assert "| model |" not in card
    assert header_of(card)["model-index"][0]["results"][0]["metrics"] == []


def test_the_card_says_what_folder_and_answers_give_away(predictor_folder):
    card = predictor_card("name", predictor_folder, METRICS, {})
    assert "profiles of the 24 cell lines it learned from, under their names" in card
    attacked = {"membership": {"auc": 0.9123, "low": 0.85, "high": 0.95}}
    card = predictor_card("name", predictor_folder, METRICS | attacked, {})
    assert "the smaller error with a probability of 0.91 (0.85 to 0.95; 0.5 is to guess)" in card


def test_networks_alone_hold_no_line_and_the_card_says_so(predictor, prepared_cohort, tmp_path):
    networks_alone = replace(predictor, closed_form=None, network_share=1.0)
    save_predictor(networks_alone, pd.DataFrame({"epoch": [], "loss": []}), tmp_path / "model")
    held = b"".join(file.read_bytes() for file in (tmp_path / "model").iterdir())
    assert [line for line in prepared_cohort.cell_lines.index if line.encode() in held] == []
    assert NO_PROFILES in predictor_card("name", tmp_path / "model", METRICS, {})
