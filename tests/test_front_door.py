import doctest
import inspect
import platform
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import deepdep
from deepdep.data.cohort import write_cohort
from deepdep.domain.cohort import OmicTable, Samples
from deepdep.errors import DeepDEPError

ROOT = Path(__file__).parents[1]
PARAMS = ROOT / "params.yaml"

# Enough to see every part at work; nobody looks at the figures.
SHORT = {
    "pretrain.*.epochs": 1,
    "finetune.epochs": 1,
    "finetune.n_members": 1,
    "finetune.closed_form.kernel.weights": [],
    "finetune.closed_form.kernel.penalties": [1.0],
    "finetune.closed_form.kernel.n_folds": 2,
    "evaluate.protocol.n_bootstrap": 20,
    "evaluate.baselines.models": ["gene_mean", "lineage_mean", "ridge"],
}
MADE = {"TINY"}  # not a function or class, which has its own example


@pytest.fixture(scope="module")
def notebook(cohort, tmp_path_factory):
    """Names that the examples begin with."""
    folder = tmp_path_factory.mktemp("notebook")
    write_cohort(cohort, folder / "data")
    settings = deepdep.read_settings(PARAMS).changed(SHORT)
    return {
        "deepdep": deepdep,
        "np": np,
        "params": PARAMS,
        "folder": folder,
        "cohort": cohort,
        "settings": settings,
        "prepared": deepdep.prepare(cohort, settings.prepare, settings.omics),
    }


@pytest.mark.parametrize("name", sorted(set(deepdep.__all__) - MADE))
def test_every_name_has_an_example_that_runs(name, notebook):
    text = inspect.getdoc(getattr(deepdep, name))
    test = doctest.DocTestParser().get_doctest(text, dict(notebook), name, None, None)
    assert test.examples
    runner = doctest.DocTestRunner(verbose=False)
    report = []
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def test_the_page_on_python_runs(notebook, tmp_path, monkeypatch):
    """Block after block, as a reader would, in a project of a tiny cohort."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(notebook["folder"] / "data")
    (tmp_path / "params.yaml").symlink_to(PARAMS)
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, flags=re.M | re.S)
    assert len(blocks) > 4
    names = {}
    for block in blocks:
        # The page trains by the settings of params.yaml, which take minutes.
        exec(block, names)
        if "settings" in names:
            names["settings"] = names["settings"].changed(SHORT)


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, deepdep; print(sorted({'pandas', 'numpy', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tensorflow_is_loaded_where_networks_are_used_alone():
    code = (
        "import sys\n"
        "import deepdep.analysis.explanation, deepdep.models.artifacts\n"
        "import deepdep.registry.candidates\n"
        "import deepdep.report.report, deepdep.tuning.study\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))\n"
        "from deepdep.models.network import build_predictor\n"
        "print({'keras', 'tensorflow'} <= set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["set()", "True"]
    assert done.stderr == ""


def test_what_is_there_is_listed_and_what_is_not_there_is_an_error():
    assert set(deepdep.__all__) <= set(dir(deepdep))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        deepdep.nothing  # noqa: B018


def test_a_model_must_be_fitted_before_it_predicts(notebook):
    settings, cohort = notebook["settings"], notebook["cohort"]
    for model in (
        deepdep.Predictor(settings.training),
        deepdep.Baseline("ridge", settings.baselines),
    ):
        with pytest.raises(DeepDEPError, match=r"was not fitted; call fit\(prepared\) first"):
            model.predict(cohort.tumors)


def test_each_table_that_is_named_is_learned_from(notebook, tmp_path):
    """Each is a block: an encoder, features and part of the closed form; none is needed later."""
    cohort = notebook["cohort"]
    mutation = cohort.cell_lines.omics["mutation"]
    expression = cohort.cell_lines.omics["expression"]
    drivers = OmicTable(mutation.iloc[::2, :20], "0/1")
    antibodies = expression.iloc[:, :12].sub(5).rename(columns="{}_pS1".format)
    tables = cohort.cell_lines.tables | {
        "mutation_mobem": drivers,
        "protein": OmicTable(antibodies, "log2(signal)"),
    }
    lines = Samples.of_tables(tables, cohort.cell_lines.obs)
    write_cohort(replace(cohort, cell_lines=lines), tmp_path / "data")
    params = tmp_path / "params.yaml"
    text = PARAMS.read_text(encoding="utf-8")
    omics = ["mutation", "mutation_mobem", "expression", "protein"]
    params.write_text(re.sub("(?m)^omics:.*", f"omics: {omics}", text), encoding="utf-8")
    settings = deepdep.read_settings(params).changed(SHORT)
    prepared = deepdep.prepare(
        deepdep.read_cohort(tmp_path / "data"), settings.prepare, settings.omics
    )
    assert list(prepared.omics) == omics
    assert list(prepared.profiles["mutation_mobem"].index) == list(drivers.table.index)
    assert list(prepared.profiles["protein"]) == list(antibodies)
    predictor = deepdep.Predictor(settings.training).fit(prepared)
    predictor.save(tmp_path / "mine")
    loaded = deepdep.Predictor.load(tmp_path / "mine")
    assert list(loaded.fitted.predictor.features) == omics
    for samples in (lines, cohort.tumors):
        np.testing.assert_allclose(
            loaded.predict(samples).effect, predictor.predict(samples).effect, atol=1e-5
        )
    whole, without = predictor.predict(lines), predictor.predict(cohort.cell_lines)
    assert not np.allclose(whole.effect, without.effect.loc[whole.effect.index])
    assert any("have no protein; predicted without it" in note for note in without.notes)


def test_a_setting_that_is_not_there_is_refused(notebook):
    with pytest.raises(DeepDEPError, match=r"finetune.*n_networks"):
        notebook["settings"].changed({"finetune.n_networks": 3})


def test_a_baseline_that_is_not_there_is_refused(notebook):
    with pytest.raises(DeepDEPError, match="'rigde' is not a baseline; choose one of gene_mean"):
        deepdep.Baseline("rigde", notebook["settings"].baselines)


def settings_after_import(**variables):
    names = ("OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA")
    code = f"import deepdep, os; print(*map(os.environ.get, {names}))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions of x86-64")
def test_products_are_rounded_as_on_every_cpu_unless_the_user_says_otherwise():
    path = {"PYTHONPATH": str(Path(deepdep.__file__).parents[1])}
    assert settings_after_import(**path) == ["Haswell", "AVX2"]
    native = {"OPENBLAS_CORETYPE": "SkylakeX", "ONEDNN_MAX_CPU_ISA": "ALL"}
    assert settings_after_import(**path, **native) == ["SkylakeX", "ALL"]
