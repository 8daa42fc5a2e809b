import pytest

from deepdep.domain.omics import Omic
from deepdep.registry.model_card import encoder_card, predictor_card

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
        "## Data",
        "## Split",
        "## How good it is",
        "## What it needs",
        "## Intended use",
        "## Limits",
    ]
    assert "- data (DVC): 768.dir\n- tumors: 120\n" in card
    assert "40 cell lines to learn from, 10 to stop by and 20 that nothing" in card


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
