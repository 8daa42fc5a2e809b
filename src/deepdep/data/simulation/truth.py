"""What was planted in a simulated cohort, and which samples carry it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import ABSENT
from deepdep.data.simulation.genes import GeneRoles
from deepdep.data.simulation.patients import Patients
from deepdep.io.atomic import write_text

HAS_IDENTITY = 0.5  # scores lie near 0 or 1
HIGH_SHARE = 0.2  # a sample whose programme score is in this top share of its source carries it


@dataclass(frozen=True)
class Truth:
    """The planted facts and their carriers.

    Attributes
    ----------
    planted
        One row per fact: ``kind`` (addiction, synthetic_lethality, growth_suppressor,
        lineage_dependency, programme, common_essential, no_signal), ``gene`` (whose effect it is),
        ``driver`` (gene, identity or programme; empty for the last two kinds), ``driver_event``
        (mutation, amplification, loss, silencing, msi, wild_type, lineage, programme), ``effect``
        (gene effect in carriers beyond that of others; per standard deviation for a programme)
        and ``carriers`` (a column of the other table).
    carriers
        True where a sample, tumour or cell line, carries something; shape (sample, carried).
        Columns such as ``BRAF mutation``, ``TP53 mutation absent``, ``luminal lineage`` and
        ``EMT programme`` (the top fifth of the tumours, and of the lines).
    """

    planted: pd.DataFrame
    carriers: pd.DataFrame


def truth_of(roles: GeneRoles, patients: Patients, obs: pd.DataFrame) -> Truth:
    """Collect what was planted."""
    others = [("common_essential", gene) for gene in roles.essential]
    others += [("no_signal", gene) for gene in roles.silent]
    unconditional = pd.DataFrame(others, columns=["kind", "gene"])
    planted = pd.concat([pd.DataFrame(roles.planted), unconditional], ignore_index=True)
    planted["effect"] = planted["effect"].fillna(
        planted["kind"].map({"common_essential": -1.0, "no_signal": 0.0})
    )
    return Truth(planted.fillna(""), _carriers(roles, patients, obs))


def _carriers(roles: GeneRoles, patients: Patients, obs: pd.DataFrame) -> pd.DataFrame:
    columns = {name: patients.carries(name) for name in patients.events.columns}
    for fact in roles.planted:
        if fact.carriers.endswith(ABSENT):
            columns[fact.carriers] = patients.carries(fact.carriers)
    for name in patients.identities.columns:
        columns[f"{name} lineage"] = patients.identities[name].to_numpy() > HAS_IDENTITY
    rank = patients.programmes.groupby(patients.info["source"]).rank(pct=True)
    for name in dict.fromkeys(fact.driver for fact in roles.planted if fact.kind == "programme"):
        columns[f"{name} programme"] = rank[name].to_numpy() > 1 - HIGH_SHARE
    of_patients = pd.DataFrame(columns, index=patients.info.index)
    return of_patients.loc[obs["patient_id"]].set_axis(obs.index)


def write_truth(truth: Truth, target: Path) -> None:
    """Write one JSON file: ``planted``, a list of facts, and ``carriers``, samples by name."""
    content = {
        "planted": truth.planted.to_dict(orient="records"),
        "carriers": {
            str(name): list(truth.carriers.index[np.asarray(carried)])
            for name, carried in truth.carriers.items()
        },
    }
    write_text(json.dumps(content, indent=1) + "\n", target)
