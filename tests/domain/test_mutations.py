import numpy as np
import pandas as pd
import pytest

from deepdep.domain.mutations import is_nonsilent, mutation_table, unknown_consequences


@pytest.mark.parametrize(
    "consequence",
    [
        "Missense_Mutation",
        "Frame_Shift_Del",
        "De_novo_Start_OutOfFrame",
        "MISSENSE",
        "DE_NOVO_START_OUT_FRAME",
        "missense_variant",
        "missense_variant&splice_region_variant",
        "splice_region_variant, stop_gained",
        "intron_variant;splice_donor_variant",
    ],
)
def test_a_change_of_the_protein_is_not_silent(consequence):
    assert is_nonsilent(consequence)


@pytest.mark.parametrize(
    "consequence",
    [
        "Silent",
        "Splice_Region",
        "3'UTR",
        "FIVE_PRIME_FLANK",
        "synonymous_variant",
        "splice_region_variant&synonymous_variant",
        "transcript_amplification",
        "",
    ],
)
def test_all_else_is_silent(consequence):
    assert not is_nonsilent(consequence)
    assert unknown_consequences([consequence]) == []


def test_unknown_terms_are_named_once():
    terms = ["Missense_Mutation", "wild_guess&intron_variant", "Wild_Guess", "a_variant"]
    assert unknown_consequences(terms) == ["a_variant", "wild_guess"]


def test_a_table_has_every_sample_and_the_genes_that_are_mutated():
    mutations = pd.DataFrame({"sample": ["b", "b", "b"], "gene": ["TP53", "KRAS", "TP53"]})
    table = mutation_table(["a", "b"], mutations)
    assert table.to_dict("index") == {"a": {"KRAS": 0, "TP53": 0}, "b": {"KRAS": 1, "TP53": 1}}
    assert table.dtypes.eq(np.uint8).all()
