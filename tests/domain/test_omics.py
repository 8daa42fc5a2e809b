import pytest
from pydantic import TypeAdapter, ValidationError

from deepdep.domain.omics import (
    Omic,
    TableName,
    in_order,
    of_table,
    supplement_omic,
    table_omic,
)


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


def test_tables_come_in_the_order_of_omics_an_omics_own_first():
    given = ["protein_rppa", "copy_number_gdsc", "mutation_mobem", "copy_number", "mutation"]
    assert in_order(given) == [
        "mutation",
        "mutation_mobem",
        "copy_number",
        "copy_number_gdsc",
        "protein_rppa",
    ]


def test_what_holds_for_an_omic_holds_for_its_tables_but_those_that_have_their_own():
    values = {"mutation": 1, "mutation_mobem": 2}
    assert [of_table(values, name) for name in ("mutation", "mutation_mobem")] == [1, 2]
    assert of_table(values, "mutation_gdsc") == 1
    assert of_table(values, "protein") is None


@pytest.mark.parametrize("name", ["protein", "metabolite", "protein_rppa", "copy_number_gdsc"])
def test_a_setting_may_name_any_table(name):
    assert TypeAdapter(TableName).validate_python(name) == name


@pytest.mark.parametrize("name", ["proteins", "mutation_My", "mutation_a_b", "", "gene_effect"])
def test_a_name_of_no_table_is_refused_with_the_omics_there_are(name):
    with pytest.raises(
        ValidationError, match=f"'{name}' is no table of an omic; the omics are mut"
    ):
        TypeAdapter(TableName).validate_python(name)
