from dataclasses import replace

import pandas as pd

from deepdep.domain.folds import Fold, folds_hash, folds_table

FOLD = Fold(
    "Lung",
    train=pd.Index(["L1", "L2"]),
    validation=pd.Index(["L3"]),
    test=pd.Index(["L4"]),
    train_genes=pd.Index(["A"]),
    test_genes=pd.Index(["A", "B"]),
)


def test_a_table_of_folds_names_each_part_of_each_name():
    assert [" ".join(row) for row in folds_table([FOLD]).itertuples(index=False)] == [
        "Lung line L1 train",
        "Lung line L2 train",
        "Lung line L3 validation",
        "Lung line L4 test",
        "Lung gene A train",
        "Lung gene A test",
        "Lung gene B test",
    ]


def test_the_hash_is_of_the_content_and_not_of_the_order():
    other = replace(FOLD, name="Skin")
    turned = replace(FOLD, train=FOLD.train[::-1])
    assert folds_hash([FOLD, other]) == folds_hash([other, turned])
    assert len(folds_hash([FOLD])) == 64


def test_a_name_that_changes_its_part_changes_the_hash():
    moved = replace(FOLD, train=pd.Index(["L1"]), validation=pd.Index(["L2", "L3"]))
    hashes = {folds_hash(folds) for folds in ([FOLD], [moved], [replace(FOLD, name="x")], [])}
    assert len(hashes) == 4
