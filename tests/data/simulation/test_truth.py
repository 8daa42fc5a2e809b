import json

from deepdep.data.simulation.truth import write_truth


def test_carriers_are_told_for_every_tumor_and_line(simulation):
    samples = [*simulation.cohort.tumors.obs.index, *simulation.cohort.cell_lines.obs.index]

    assert sorted(simulation.truth.carriers.index) == sorted(samples)


def test_every_fact_with_a_reason_names_a_column_of_the_carriers(simulation):
    planted = simulation.truth.planted
    named = planted.loc[planted["carriers"] != "", "carriers"]

    assert set(named) <= set(simulation.truth.carriers.columns)
    assert set(planted.loc[planted["carriers"] == "", "kind"]) == {"common_essential", "no_signal"}


def test_lines_of_one_patient_carry_the_same(simulation):
    obs = simulation.cohort.cell_lines.obs
    carriers = simulation.truth.carriers.loc[obs.index]

    assert (carriers.groupby(obs["patient_id"]).nunique() == 1).all(axis=None)


def test_the_file_lists_facts_and_carriers_and_is_byte_stable(simulation, tmp_path):
    write_truth(simulation.truth, tmp_path / "truth.json")
    write_truth(simulation.truth, tmp_path / "again.json")
    content = json.loads((tmp_path / "truth.json").read_text())

    assert (tmp_path / "truth.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    assert content["planted"][0] == {
        "kind": "addiction",
        "gene": "BRAF",
        "driver": "BRAF",
        "driver_event": "mutation",
        "effect": -1.4,
        "carriers": "BRAF mutation",
    }
    braf = simulation.truth.carriers["BRAF mutation"]
    assert content["carriers"]["BRAF mutation"] == list(braf.index[braf])
