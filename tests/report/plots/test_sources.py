from dataclasses import replace

from deepdep.domain.omics import Omic
from deepdep.report.plots.sources import source_distributions
from deepdep.report.plots.style import to_png
from deepdep.validation.sources import WITHIN_SAMPLE, SourceComparison

COMPARED = SourceComparison(Omic.MUTATION, "0/1", 4, 0.9, 0.0, 0.0, (0.0, 0.5, 1.0), (1, 3), (2, 2))


def test_each_omic_has_an_outline_per_source_as_shares():
    figure = source_distributions([COMPARED, replace(COMPARED, omic=Omic.COPY_NUMBER)])
    first, second, *empty = figure.axes
    assert [patch.get_label() for patch in first.patches] == ["cell lines", "tumours"]
    assert first.patches[0].get_data().values.tolist() == [0.25, 0.75]
    assert second.get_title("left") == "copy number"
    assert not any(axes.axison for axes in empty)


def test_what_was_compared_is_named_below():
    (axes, *_) = source_distributions([replace(COMPARED, unit=WITHIN_SAMPLE)]).axes
    assert axes.get_xlabel() == "standardised\nwithin each sample"


def test_nothing_in_common_is_drawn_too():
    nothing = replace(COMPARED, cell_lines=(0, 0), tumors=(0, 0))
    assert to_png(source_distributions([nothing])).startswith(b"\x89PNG")
