"""What decides about the versions of a registry."""

import pytest

from deepdep.registry.answers import Reference
from deepdep.registry.gates import PromoteSettings
from registry_project import references, registry  # noqa: F401 - fixtures


@pytest.fixture
def promote_settings():
    return PromoteSettings(
        min_r_above_gene_mean=0.05,
        min_r_above_champion=-0.01,
        max_loss_above_champion=0.01,
        max_deviation=1e-4,
        n_bootstrap=200,
        seed=1,
    )


@pytest.fixture
def in_this_process(monkeypatch):
    """Load models here, where TensorFlow is loaded already; ``test_answers`` starts processes."""
    from deepdep.registry import gates

    monkeypatch.setattr(
        gates,
        "deviation_in_fresh_process",
        lambda model, reference: Reference.read(reference).deviation(model),
    )
