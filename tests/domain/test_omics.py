import pytest

from deepdep.domain.omics import Omic, supplement_omic, table_omic


@pytest.mark.parametrize(
    ("name", "omic"),
    [
        ("expression_ccle", Omic.EXPRESSION),
        ("mutation_20q4", Omic.MUTATION),
        ("copy_number_wgs", Omic.COPY_NUMBER),
    ],
)
def test_a_supplement_is_named_after_its_omic_and_assay(name, omic):
    assert supplement_omic(name) is omic
    assert table_omic(name) is omic


@pytest.mark.parametrize("omic", Omic)
def test_an_omic_is_no_supplement_even_with_an_underscore_in_its_name(omic):
    assert supplement_omic(str(omic)) is None
    assert table_omic(str(omic)) is omic


@pytest.mark.parametrize(
    "name",
    [
        "expression_",
        "expression_CCLE",
        "expression_ccle_20q4",
        "expression_ccle\n",
        "my_expression_ccle",
        "brca_pam50",
        "copy_wgs",
        "",
    ],
)
def test_other_names_are_of_no_table(name):
    assert supplement_omic(name) is None
    assert table_omic(name) is None
