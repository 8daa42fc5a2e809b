"""Gates between a challenger and the alias ``champion``, and the way back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deepdep.candidates import PREDICTOR
from deepdep.domain.errors import GateNotMetError
from deepdep.domain.settings import Settings
from deepdep.mlflow_store import mlflow_client
from deepdep.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    ModelVersion,
    UnknownModelError,
    find_version,
)

Relation = Literal[">", ">=", "<="]

GAIN = "test_r_above_gene_mean_low"  # lower bound of the 95 % interval over cell lines


@dataclass(frozen=True)
class PromoteSettings(Settings):
    """The ``promote`` group of params.yaml."""

    min_r_above_gene_mean: float  # the lower bound of the predictor's gain must exceed it
    margin_over_champion: float  # how much worse than the champion still passes: r, or loss


@dataclass(frozen=True)
class Gate:
    """One condition of a promotion; a figure or threshold is None where there is none."""

    name: str
    met: bool
    figure: float | None
    relation: Relation
    threshold: float | None
    reason: str = ""

    def __str__(self) -> str:
        figures = f"{_number(self.figure)} {self.relation} {_number(self.threshold)}"
        reason = f" ({self.reason})" if self.reason else ""
        return f"{'met' if self.met else 'not met'}: {self.name}: {figures}{reason}"


@dataclass(frozen=True)
class PromotionResult:
    """A promotion that took place."""

    name: str
    version: int
    gates: tuple[Gate, ...]
    replaced: int | None  # the version that was champion before


def promote(name: str, version: int | None = None, *, settings: PromoteSettings) -> PromotionResult:
    """Make a version the champion when every gate is met; without a version, the challenger.

    The champion before it becomes ``previous``. Nothing changes when a gate is not met.
    """
    wanted = find_version(name, CHALLENGER if version is None else version)
    champion = _holder(name, CHAMPION)
    gates = tuple(_gates(wanted, champion, settings))
    if not all(gate.met for gate in gates):
        said = "; ".join(str(gate) for gate in gates)
        raise GateNotMetError(f"{name} version {wanted.version} may not be champion: {said}.")
    if champion is None or champion.version != wanted.version:
        _crown(wanted, champion)
    return PromotionResult(name, wanted.version, gates, champion.version if champion else None)


def rollback(name: str) -> ModelVersion:
    """Give ``champion`` back to the version before; the one it loses it to can be promoted again.

    Returns
    -------
    The version that is champion again.
    """
    champion, previous = find_version(name, CHAMPION), find_version(name, PREVIOUS)
    with mlflow_client() as client:
        client.set_registered_model_alias(name, CHAMPION, str(previous.version))
        client.delete_registered_model_alias(name, PREVIOUS)
        if _holder(name, CHALLENGER) is None:
            client.set_registered_model_alias(name, CHALLENGER, str(champion.version))
    return find_version(name, previous.version)


def format_promotion(result: PromotionResult) -> str:
    """Say what a promotion did, a line per gate."""
    before = f"version {result.replaced}" if result.replaced else "no version"
    return "\n".join(
        [
            *map(str, result.gates),
            f"{result.name} version {result.version} is champion; before it, {before}.",
        ]
    )


def _gates(
    wanted: ModelVersion, champion: ModelVersion | None, settings: PromoteSettings
) -> Iterator[Gate]:
    if wanted.name == PREDICTOR:
        yield _gate(
            "r above the gene mean (lower bound)",
            wanted.metrics.get(GAIN),
            ">",
            settings.min_r_above_gene_mean,
        )
    yield _champion_gate(wanted, champion, settings.margin_over_champion)


def _champion_gate(wanted: ModelVersion, champion: ModelVersion | None, margin: float) -> Gate:
    higher_is_better = wanted.name == PREDICTOR
    metric = "test_mean_gene_r" if higher_is_better else "val_loss"
    name = f"{metric} against the champion"
    figure = wanted.metrics.get(metric)
    relation: Relation = ">=" if higher_is_better else "<="
    if champion is None:
        return Gate(name, True, figure, relation, None, "there is no champion yet")
    if champion.measured_on != wanted.measured_on:
        reason = (
            f"version {champion.version} was measured on other data, so they do not compare; "
            f"evaluate both on one split, or remove its alias {CHAMPION} to start anew"
        )
        return Gate(name, False, figure, relation, None, reason)
    limit = champion.metrics.get(metric)
    if limit is not None:
        limit = limit - margin if higher_is_better else limit + margin
    return _gate(name, figure, relation, limit)


def _gate(
    name: str,
    figure: float | None,
    relation: Relation,
    threshold: float | None,
) -> Gate:
    if figure is None or threshold is None:
        return Gate(name, False, figure, relation, threshold, "was not measured")
    met = {">": figure > threshold, ">=": figure >= threshold, "<=": figure <= threshold}[relation]
    return Gate(name, met, figure, relation, threshold)


def _holder(name: str, alias: str) -> ModelVersion | None:
    try:
        return find_version(name, alias)
    except UnknownModelError:
        return None


def _crown(wanted: ModelVersion, champion: ModelVersion | None) -> None:
    with mlflow_client() as client:
        if champion is not None:
            client.set_registered_model_alias(wanted.name, PREVIOUS, str(champion.version))
        client.set_registered_model_alias(wanted.name, CHAMPION, str(wanted.version))
        if CHALLENGER in wanted.aliases:
            client.delete_registered_model_alias(wanted.name, CHALLENGER)


def _number(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.4f}"
