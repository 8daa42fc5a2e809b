from deepdep.report.sections.reading import reading_section


def test_seeds_and_parameters_and_models_are_listed(results, shown):
    text = " ".join(shown(reading_section(results)).text.split())
    assert "finetune.seed 7" in text
    assert "finetune.widths 64, 32" in text
    assert "deepdep-predictor ab12" in text
