import pytest

from deepdep.candidates import Candidate
from deepdep.domain.errors import GateNotMetError
from deepdep.promotion import PromoteSettings, format_promotion, promote, rollback
from deepdep.provenance import Execution
from deepdep.registry import UnknownModelError, list_versions, register
from deepdep.tracking import tracked_run

PREDICTOR = "deepdep-predictor"
AUTOENCODER = "deepdep-autoencoder-mutation"
SETTINGS = PromoteSettings(min_r_above_gene_mean=0.05, margin_over_champion=0.01)


@pytest.fixture
def registered(mlflow_project):
    """Register a new version with these figures."""

    def register_metrics(metrics, *, name=PREDICTOR, measured_on="split"):
        folder = mlflow_project / f"model{len(list_versions())}"
        folder.mkdir()
        (folder / "manifest.json").write_text(f'{{"kind": "{folder.name}"}}')
        with tracked_run("register", None, execution=Execution("host:1:1", "dvc repro")) as run:
            register(Candidate(folder, name, metrics, measured_on), run)

    return register_metrics


def predictor(r, *, gain_low=0.2):
    return {"test_mean_gene_r": r, "test_r_above_gene_mean_low": gain_low}


def aliases():
    return {version.version: version.aliases for version in list_versions()}


def test_the_first_challenger_needs_only_to_beat_the_gene_mean(registered):
    registered(predictor(0.3))
    result = promote(PREDICTOR, settings=SETTINGS)
    assert (result.version, result.replaced) == (1, None)
    assert aliases() == {1: ("champion",)}


def test_a_better_challenger_becomes_champion_and_the_champion_previous(registered):
    registered(predictor(0.3))
    promote(PREDICTOR, settings=SETTINGS)
    registered(predictor(0.4))
    result = promote(PREDICTOR, settings=SETTINGS)
    assert (result.version, result.replaced) == (2, 1)
    assert aliases() == {1: ("previous",), 2: ("champion",)}
    gain, against_champion = result.gates
    assert (gain.figure, gain.threshold) == (0.2, 0.05)
    assert (against_champion.figure, against_champion.threshold) == (0.4, pytest.approx(0.29))


@pytest.mark.parametrize(("r", "passes"), [(0.295, True), (0.285, False)])
def test_a_challenger_may_be_worse_than_the_champion_by_the_margin(registered, r, passes):
    registered(predictor(0.3))
    promote(PREDICTOR, settings=SETTINGS)
    registered(predictor(r))
    if passes:
        promote(PREDICTOR, settings=SETTINGS)
        assert aliases()[2] == ("champion",)
    else:
        with pytest.raises(GateNotMetError, match=r"not met: .* 0\.2850 >= 0\.2900") as refusal:
            promote(PREDICTOR, settings=SETTINGS)
        assert refusal.value.exit_code == 3
        assert aliases() == {1: ("champion",), 2: ("challenger",)}


def test_a_predictor_that_does_not_beat_the_gene_mean_is_refused_with_every_figure(registered):
    registered(predictor(0.3, gain_low=0.04))
    with pytest.raises(GateNotMetError) as refusal:
        promote(PREDICTOR, settings=SETTINGS)
    said = str(refusal.value)
    assert "not met: r above the gene mean (lower bound): 0.0400 > 0.0500" in said
    assert "met: test_mean_gene_r against the champion: 0.3000" in said
    assert aliases() == {1: ("challenger",)}


def test_figures_from_different_splits_do_not_compare(registered):
    registered(predictor(0.3))
    promote(PREDICTOR, settings=SETTINGS)
    registered(predictor(0.9), measured_on="another split")
    with pytest.raises(GateNotMetError, match="version 1 was measured on other data"):
        promote(PREDICTOR, settings=SETTINGS)


def test_a_figure_that_was_not_measured_meets_no_gate(registered):
    registered({"test_mean_gene_r": 0.3})
    with pytest.raises(GateNotMetError, match=r"- > 0.0500 \(was not measured\)"):
        promote(PREDICTOR, settings=SETTINGS)


@pytest.mark.parametrize(("loss", "passes"), [(0.40, True), (0.505, True), (0.52, False)])
def test_an_autoencoder_is_judged_by_its_held_out_loss(registered, loss, passes):
    registered({"val_loss": 0.5}, name=AUTOENCODER)
    promote(AUTOENCODER, settings=SETTINGS)
    registered({"val_loss": loss}, name=AUTOENCODER)
    if passes:
        assert promote(AUTOENCODER, settings=SETTINGS).version == 2
    else:
        with pytest.raises(GateNotMetError, match=r"0\.5200 <= 0\.5100"):
            promote(AUTOENCODER, settings=SETTINGS)


def test_a_version_can_be_named_and_a_champion_promoted_again_changes_nothing(registered):
    registered(predictor(0.3))
    registered(predictor(0.4))
    promote(PREDICTOR, 1, settings=SETTINGS)
    assert aliases() == {1: ("champion",), 2: ("challenger",)}
    promote(PREDICTOR, 1, settings=SETTINGS)
    assert aliases() == {1: ("champion",), 2: ("challenger",)}


def test_a_promotion_can_be_rolled_back_and_made_again(registered):
    for r in (0.3, 0.4):
        registered(predictor(r))
        promote(PREDICTOR, settings=SETTINGS)
    assert rollback(PREDICTOR).version == 1
    assert aliases() == {1: ("champion",), 2: ("challenger",)}
    promote(PREDICTOR, settings=SETTINGS)
    assert aliases() == {1: ("previous",), 2: ("champion",)}


def test_a_rollback_leaves_a_newer_challenger_alone(registered):
    for r in (0.3, 0.4):
        registered(predictor(r))
        promote(PREDICTOR, settings=SETTINGS)
    registered(predictor(0.5))
    rollback(PREDICTOR)
    assert aliases() == {1: ("champion",), 2: (), 3: ("challenger",)}


def test_without_a_version_before_there_is_nothing_to_roll_back_to(registered):
    registered(predictor(0.3))
    promote(PREDICTOR, settings=SETTINGS)
    with pytest.raises(UnknownModelError, match="no version or alias 'previous'"):
        rollback(PREDICTOR)
    assert aliases() == {1: ("champion",)}


def test_a_promotion_is_told_gate_by_gate(registered):
    registered(predictor(0.3))
    assert format_promotion(promote(PREDICTOR, settings=SETTINGS)).splitlines() == [
        "met: r above the gene mean (lower bound): 0.2000 > 0.0500",
        "met: test_mean_gene_r against the champion: 0.3000 >= - (there is no champion yet)",
        "deepdep-predictor version 1 is champion; before it, no version.",
    ]
