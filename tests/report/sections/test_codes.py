from dataclasses import replace

from deepdep.report.sections.codes import codes_section


def test_the_share_of_aligned_lines_stands_beside_chance(results, shown):
    text = shown(codes_section(results, n_neighbors=5)).text
    assert "% of 60 cell lines lie among tumours of their own" in " ".join(text.split())
    assert "% would by chance" in text


def test_without_tumours_the_map_is_of_lines(results, shown):
    text = shown(codes_section(replace(results, tumors=None), n_neighbors=5)).text
    assert "The cohort has no tumours: the map shows cell lines only." in text


def test_unknown_lineages_cannot_be_judged(results, shown):
    obs = results.tumors.obs.assign(lineage="unknown")
    blind = replace(results, tumors=replace(results.tumors, obs=obs))
    assert "share no lineage" in shown(codes_section(blind, n_neighbors=5)).text


def test_names_of_any_shape_are_drawn(results):
    odd = {"Skin": "$x^2$ _{" * 9, "Lung": "a\nb\t", "Breast": "骨"}
    obs = results.tumors.obs.replace({"lineage": odd})
    named = replace(results, tumors=replace(results.tumors, obs=obs))
    assert codes_section(named, n_neighbors=5).blocks
