from deepdep.report.document import MINUS, Section
from deepdep.report.sections.tuning_gain import tuning_gain_blocks


def said(gain, shown):
    page = shown(Section("gain", "Gain", tuning_gain_blocks(gain)))
    return " ".join(page.text.split())


def test_a_gain_is_told_where_tuning_looked_and_where_it_did_not(results, shown):
    text = said(results.tuning_gain, shown)
    assert (
        "On the validation lines, by which the values were chosen, the chosen values change mean "
        "per-gene r by +0.050 (0.020 to 0.080): a gain." in text
    )
    assert (
        "On the test lines, which tuning never saw, the chosen values change mean per-gene r by "
        f"+0.011 ({MINUS}0.010 to 0.030): no difference can be claimed." in text
    )
    assert "validation 9 difference +0.050 0.020 to 0.080 0.040 to 0.060" in text


def test_a_loss_is_called_one(results, shown):
    gain = results.tuning_gain.copy()
    columns = ["mean_gene_r", "low", "high"]
    gain.loc[gain["settings"] == "difference", columns] = [-0.03, -0.05, -0.01]
    assert "a loss" in said(gain, shown)


def test_nothing_to_compare_is_said(results, shown):
    assert "were not compared" in said(results.tuning_gain.iloc[:0], shown)


def test_nothing_is_said_where_nobody_asked():
    assert tuning_gain_blocks(None) == []
