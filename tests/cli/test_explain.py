import json
import subprocess
import sys
from dataclasses import replace

import pytest

from deepdep.data.prepared import write_prepared
from deepdep.sources.samples import read_any_samples


@pytest.fixture
def explain(deepdep, predictor_folder, prepared_folder):
    def run(*arguments):
        return deepdep(
            "explain", "--model", predictor_folder, "--prepared", prepared_folder, *arguments
        )

    return run


@pytest.mark.parametrize("which", ["tumors", "cell_lines"])
def test_a_sample_of_the_cohort_is_explained_as_it_is_predicted(
    explain, predictor, prepared_cohort, which
):
    obs = getattr(prepared_cohort, which)
    done = explain("--sample", obs.index[4], "--gene", "BRAF", "--json")
    assert (done.code, done.stderr) == (0, "")
    stated = json.loads(done.stdout)
    profiles = prepared_cohort.profiles if which == "cell_lines" else prepared_cohort.tumor_profiles
    samples = replace(prepared_cohort.samples([]), profiles=profiles, obs=obs.iloc[[4]])
    predicted = predictor.predict(samples, ["BRAF"]).effect.iloc[0, 0]
    assert stated["predicted"] == pytest.approx(predicted, abs=1e-5)
    assert len(stated["nearest_lines"]) == 5


def test_another_sample_is_read_as_predict_reads_it(
    deepdep, predictor, predictor_folder, samples, tmp_path
):
    names = read_any_samples(samples).obs.index
    done = deepdep(
        "explain", "--model", predictor_folder, "--prepared", tmp_path / "absent",
        "--samples", samples, "--sample", names[2], "--gene", "BRAF", "--json",
    )  # fmt: skip
    stated = json.loads(done.stdout)
    predicted = predictor.predict(read_any_samples(samples), ["BRAF"]).effect
    assert stated["predicted"] == pytest.approx(predicted.loc[names[2], "BRAF"], abs=1e-5)
    assert stated["nearest_lines"] == []
    assert "absent: not there; measured effects of lines are left out" in done.stderr


def test_people_read_a_sum(explain, prepared_cohort):
    done = explain("--sample", prepared_cohort.tumors.index[0], "--gene", "BRAF", "--n", 3)
    assert done.code == 0
    assert done.stdout.startswith(f"BRAF in {prepared_cohort.tumors.index[0]}: predicted")
    assert "an average sample" in done.stdout
    assert "networks" in done.stdout


def test_an_unknown_sample_is_refused_with_the_nearest_name(explain, prepared_cohort):
    name = prepared_cohort.cell_lines.index[3]
    done = explain("--sample", f"{name}x", "--gene", "BRAF")
    assert f"prepared: has no sample '{name}x'. Is it {name}?" in done.refusal


def test_an_unknown_gene_is_refused_with_the_nearest_one(explain, prepared_cohort):
    done = explain("--sample", prepared_cohort.tumors.index[0], "--gene", "BRAFX")
    assert "--gene BRAFX: the model knows nothing of 'BRAFX'" in done.refusal
    assert "(is it BRAF?)" in done.refusal


def test_a_cohort_that_the_model_did_not_learn_from_is_refused(explain, prepared_cohort, tmp_path):
    omics = dict(prepared_cohort.omics)
    omic, tables = next(iter(omics.items()))
    scaled = tables.space.table.assign(scale_cell_line=3.0)
    omics[omic] = replace(tables, space=replace(tables.space, table=scaled))
    write_prepared(replace(prepared_cohort, omics=omics), tmp_path / "other")
    name = prepared_cohort.tumors.index[0]
    done = explain("--prepared", tmp_path / "other", "--sample", name, "--gene", "BRAF")
    assert f"other: {omic} was prepared otherwise than for this model" in done.refusal


def test_networks_are_explained_before_tensorflow_would_be_loaded(
    predictor_folder, prepared_folder, prepared_cohort
):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from deepdep.cli.explain import explain\n"
        "sample, model, prepared = sys.argv[1:]\n"
        "explain(sample, 'BRAF', model, prepared=Path(prepared), n=3, as_json=False)\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    sample = str(prepared_cohort.tumors.index[0])
    command = [sys.executable, "-c", code, sample, str(predictor_folder), str(prepared_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "networks" in done.stdout
    assert done.stdout.endswith("set()\n")
