"""The alias ``champion``: to a version that meets the gates, and back."""

from collections.abc import Callable
from dataclasses import dataclass

from deepdep.domain.errors import BusyError, GateNotMetError
from deepdep.mlflow_store import mlflow_client
from deepdep.promotion.gates import Gate, PromoteSettings, gates
from deepdep.promotion.lock import sole_promotion
from deepdep.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    ModelVersion,
    UnknownModelError,
    find_version,
)


@dataclass(frozen=True)
class PromotionResult:
    """A promotion that took place."""

    name: str
    version: int
    gates: tuple[Gate, ...]
    replaced: int | None  # the version that was champion before

    def __str__(self) -> str:
        before = f"version {self.replaced}" if self.replaced else "no version"
        return f"{self.name} version {self.version} is champion; before it, {before}."


def promote(
    name: str,
    version: int | None = None,
    *,
    settings: PromoteSettings,
    tell: Callable[[Gate], None] = lambda _: None,
) -> PromotionResult:
    """Make a version the champion when every gate is met; without a version, the challenger.

    The champion before it becomes ``previous``. Nothing changes when a gate is not met.

    Parameters
    ----------
    tell
        Is told of each gate when it has been looked at.

    Raises
    ------
    GateNotMetError
        With every gate that is not met.
    BusyError
        When another process promotes the same model.
    """
    asked = CHALLENGER if version is None else version
    find_version(name, asked)  # what does not exist cannot be locked
    with sole_promotion(name):
        wanted, champion = find_version(name, asked), _holder(name, CHAMPION)
        looked_at = []
        for gate in gates(wanted, champion, settings):
            tell(gate)
            looked_at.append(gate)
        unmet = "; ".join(str(gate) for gate in looked_at if not gate.met)
        if unmet:
            raise GateNotMetError(f"{name} version {wanted.version} may not be champion: {unmet}.")
        if champion is None or champion.version != wanted.version:
            _crown(wanted, champion)
    replaced = champion.version if champion else None
    return PromotionResult(name, wanted.version, tuple(looked_at), replaced)


def rollback(name: str) -> ModelVersion:
    """Give ``champion`` back to the version before; the one it loses it to can be promoted again.

    Returns
    -------
    The version that is champion again.
    """
    find_version(name, PREVIOUS)
    with sole_promotion(name):
        champion, previous = find_version(name, CHAMPION), find_version(name, PREVIOUS)
        with mlflow_client() as client:
            client.set_registered_model_alias(name, CHAMPION, str(previous.version))
            client.delete_registered_model_alias(name, PREVIOUS)
            if _holder(name, CHALLENGER) is None:
                client.set_registered_model_alias(name, CHALLENGER, str(champion.version))
    return find_version(name, previous.version)


def _holder(name: str, alias: str) -> ModelVersion | None:
    try:
        return find_version(name, alias)
    except UnknownModelError:
        return None


def _crown(wanted: ModelVersion, champion: ModelVersion | None) -> None:
    if _holder(wanted.name, CHAMPION) != champion:  # somebody moved it by hand
        raise BusyError(f"{wanted.name}: its champion changed while gates were checked; try again.")
    with mlflow_client() as client:
        if champion is not None:
            client.set_registered_model_alias(wanted.name, PREVIOUS, str(champion.version))
        client.set_registered_model_alias(wanted.name, CHAMPION, str(wanted.version))
        if CHALLENGER in wanted.aliases:
            client.delete_registered_model_alias(wanted.name, CHALLENGER)
