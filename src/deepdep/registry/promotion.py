"""The alias ``champion``: to a version that meets the gates, and back; one promotion at a time."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from deepdep.errors import BusyError, GateNotMetError
from deepdep.io.files import locked
from deepdep.registry.gates import Gate, PromoteSettings, check_gates
from deepdep.registry.versions import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    ModelVersion,
    UnknownModelError,
    find_version,
)
from deepdep.tracking.provenance import has_ended, process_name
from deepdep.tracking.store import PatientClient, local_database, mlflow_client, tracking_uri

CLAIM = "deepdep.promotion."  # tag of a registered model; the value names the process
SECONDS_TO_GIVE_WAY = 5.0


@contextmanager
def sole_promotion(name: str) -> Iterator[None]:
    """Hold a registered model's aliases, or raise BusyError when another process does.

    Beside a local database it is a lock on a file, which ends with its process. A server has
    none: each process puts a tag on the model, then looks for others, and goes on only when it
    sees none. Of two that start at the same moment the one whose tag sorts last gives way at once,
    and the other waits for that.
    """
    if database := local_database(tracking_uri()):
        busy = f"{name}: another process promotes it right now; try later."
        with locked(database.parent / f"promote-{name}.lock", busy=busy):
            yield
    else:
        with _claim(name):
            yield


@contextmanager
def _claim(name: str) -> Iterator[None]:
    claim = f"{CLAIM}{uuid.uuid4().hex}"
    with mlflow_client() as client:
        client.set_registered_model_tag(name, claim, process_name(psutil.Process(os.getpid())))
        try:
            deadline = time.monotonic() + SECONDS_TO_GIVE_WAY
            while others := _other_claims(client, name, claim):
                first = min(others)
                if first < claim or time.monotonic() > deadline:
                    raise BusyError(
                        f"{name}: {others[first]} (host, process, start) promotes it right now; "
                        f"try later, or delete the model's tag {first} if that process is gone."
                    )
                time.sleep(0.1)
            yield
        finally:
            client.delete_registered_model_tag(name, claim)


def _other_claims(client: PatientClient, name: str, claim: str) -> dict[str, str]:
    """Return the processes that have a claim, by tag; remove the claims of those that ended."""
    others = {
        tag: process
        for tag, process in client.get_registered_model(name).tags.items()
        if tag.startswith(CLAIM) and tag != claim
    }
    for tag in [tag for tag, process in others.items() if has_ended(process)]:
        client.delete_registered_model_tag(name, tag)
        del others[tag]
    return others


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
    on_gate: Callable[[Gate], None] = lambda _: None,
) -> PromotionResult:
    """Make a version the champion when every gate is met; without a version, the challenger.

    The champion before it becomes ``previous``. Nothing changes when a gate is not met.

    Parameters
    ----------
    on_gate
        Is called with each gate when it has been looked at.

    Raises
    ------
    GateNotMetError
        With every gate that is not met.
    BusyError
        When another process promotes the same model.
    """
    number_or_alias = CHALLENGER if version is None else version
    find_version(name, number_or_alias)  # what does not exist cannot be locked
    with sole_promotion(name):
        candidate, champion = find_version(name, number_or_alias), _holder(name, CHAMPION)
        gates = []
        for gate in check_gates(candidate, champion, settings):
            on_gate(gate)
            gates.append(gate)
        unmet = "; ".join(str(gate) for gate in gates if not gate.met)
        if unmet:
            raise GateNotMetError(
                f"{name} version {candidate.version} may not be champion: {unmet}."
            )
        if champion is None or champion.version != candidate.version:
            if _holder(name, CHAMPION) != champion:  # somebody moved it by hand
                raise BusyError(
                    f"{name}: its champion changed while gates were checked; try again."
                )
            with mlflow_client() as client:
                if champion is not None:
                    client.set_registered_model_alias(name, PREVIOUS, str(champion.version))
                client.set_registered_model_alias(name, CHAMPION, str(candidate.version))
                if CHALLENGER in candidate.aliases:
                    client.delete_registered_model_alias(name, CHALLENGER)
    replaced = champion.version if champion else None
    return PromotionResult(name, candidate.version, tuple(gates), replaced)


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
