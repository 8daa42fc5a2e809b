"""Genomes: copy number along chromosome arms, and mutations."""

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import Biology, EventKind
from deepdep.data.simulation.patients import Patients

# Relative lengths of the arms in megabases, rounded; acrocentric short arms carry no gene here.
ARM_LENGTHS = {
    "1p": 123, "1q": 126, "2p": 94, "2q": 149, "3p": 91, "3q": 107, "4p": 50, "4q": 141,
    "5p": 49, "5q": 133, "6p": 60, "6q": 111, "7p": 60, "7q": 99, "8p": 45, "8q": 100,
    "9p": 43, "9q": 95, "10p": 40, "10q": 94, "11p": 53, "11q": 82, "12p": 36, "12q": 98,
    "13q": 97, "14q": 90, "15q": 83, "16p": 37, "16q": 54, "17p": 23, "17q": 58, "18p": 19,
    "18q": 61, "19p": 26, "19q": 33, "20p": 28, "20q": 36, "21q": 34, "22q": 36, "Xp": 61,
    "Xq": 95, "Yq": 30,
}  # fmt: skip
ARMS = list(ARM_LENGTHS)

ONE_COPY = {"gain": np.log2(3 / 2), "loss": np.log2(1 / 2)}  # of two, as log2(CN/2)
HYPERMUTATED = 14.0  # times the mutations of a stable genome, with microsatellite instability
PASSENGER_RATE = 0.012  # of a gene of median length
DRIVER_LENGTH = 0.3  # in median lengths: few passengers hit a driver, which keeps events clear
DEEPEST, HIGHEST = -5.0, 5.0  # log2(CN/2): reads never vanish entirely


def place_genes(genes: list[str], biology: Biology, rng: np.random.Generator) -> pd.DataFrame:
    """Order genes along the genome: index gene; columns ``arm`` and ``position`` in 0..1.

    Known genes lie where ``biology.yaml`` says, the others anywhere but on chromosome Y.
    """
    autosomes_and_x = [arm for arm in ARMS if arm != "Yq"]
    lengths = np.array([ARM_LENGTHS[arm] for arm in autosomes_and_x], dtype=float)
    places = pd.DataFrame(
        {
            "arm": rng.choice(autosomes_and_x, size=len(genes), p=lengths / lengths.sum()),
            "position": rng.random(len(genes)),
        },
        index=genes,
    )
    for arm, known in biology.arms.items():
        here = [gene for gene in known if gene in places.index]
        places.loc[here, "arm"] = arm
        places.loc[here, "position"] = [(known.index(g) + 0.5) / len(known) for g in here]
    places["arm"] = pd.Categorical(places["arm"], categories=ARMS, ordered=True)
    return places.sort_values(["arm", "position"])


def draw_copy_number(
    places: pd.DataFrame, patients: Patients, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw log2(CN/2) of pure cancer cells, shape (patient, gene), constant along a segment."""
    instability = np.clip(
        rng.beta(2, 4, len(patients.info)) + 0.25 * patients.carries("TP53 mutation"), 0, 1
    )
    arms = _draw_arms(patients.info["lineage"], instability, biology, rng)
    values = np.zeros((len(patients.info), len(places)), dtype=np.float32)
    for code, arm in enumerate(ARMS):
        columns = np.flatnonzero(places["arm"].cat.codes == code)
        if len(columns):
            begins, ends = _draw_extent(len(values), rng)
            position = places["position"].to_numpy()[columns]
            inside = (position >= begins[:, None]) & (position <= ends[:, None])
            values[:, columns] = arms[[arm]].to_numpy() * inside
    values = _with_passenger_segments(values, places, instability, rng)
    values = _with_events(values, places, patients, biology, rng)
    return pd.DataFrame(values, index=patients.info.index, columns=places.index)


def _draw_arms(
    lineage: pd.Series, instability: np.ndarray, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    tendency = pd.DataFrame(
        rng.normal(0, 0.35, (len(biology.lineages), len(ARMS))),
        index=list(biology.lineages),
        columns=ARMS,
    )
    known = pd.DataFrame.from_dict(biology.arms_of_lineages, orient="index")
    tendency = tendency.add(known.reindex(index=tendency.index, columns=ARMS).fillna(0.0))
    pull = tendency.loc[lineage].to_numpy() + rng.normal(0, 1, (len(lineage), len(ARMS)))
    threshold = (2.2 - 1.6 * instability)[:, None]
    clonality = rng.uniform(0.6, 1.0, pull.shape)
    state = np.where(pull > threshold, ONE_COPY["gain"] * clonality, 0.0)
    state = np.where(pull < -threshold, ONE_COPY["loss"] * clonality, state)
    return pd.DataFrame(state + rng.normal(0, 0.03, pull.shape), index=lineage.index, columns=ARMS)


def _draw_extent(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw where arm-level events begin and end: mostly they cover the arm, else one end of it."""
    broken, left = rng.random(n) < 0.3, rng.random(n) < 0.5
    breakpoint_ = rng.random(n)
    return np.where(broken & ~left, breakpoint_, 0.0), np.where(broken & left, breakpoint_, 1.0)


def _with_passenger_segments(
    of_arms: np.ndarray, places: pd.DataFrame, instability: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    values = of_arms.copy()
    arm = places["arm"].cat.codes.to_numpy()
    for patient, n_segments in enumerate(rng.poisson(8 * instability)):
        for first in rng.integers(places.shape[0], size=n_segments):
            last = min(first + 1 + rng.integers(max(2, places.shape[0] // 60)), len(arm))
            change = rng.choice([ONE_COPY["gain"], 1.0, ONE_COPY["loss"]])
            values[patient, first:last] += change * (arm[first:last] == arm[first])
    return values


def _with_events(
    of_segments: np.ndarray,
    places: pd.DataFrame,
    patients: Patients,
    biology: Biology,
    rng: np.random.Generator,
) -> np.ndarray:
    """Set the copy number of amplified and lost genes and of their neighbours."""
    values = of_segments.copy()
    change = {EventKind.AMPLIFICATION: (1.8, 3.4), EventKind.LOSS: (-4.5, -2.8)}
    for name, event in biology.events.items():
        if event.kind not in change:
            continue
        carriers = patients.carries(name)
        amount = rng.uniform(*change[event.kind], len(values)).astype(np.float32)
        for gene, share in {event.gene: 1.0, **dict.fromkeys(event.neighbours, 0.75)}.items():
            if gene in places.index:
                column = places.index.get_loc(gene)
                altered = carriers & (rng.random(len(values)) < share)
                values[:, column] = np.where(altered, amount, values[:, column])
    return np.clip(values, DEEPEST, HIGHEST)


def draw_mutations(
    genes: list[str], patients: Patients, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw non-silent mutations, shape (patient, gene), bool: those of events and passengers."""
    lineage = patients.info["lineage"]
    of_lineage = {name: entry.burden for name, entry in biology.lineages.items()}
    burden = lineage.map(of_lineage).to_numpy(float) * rng.lognormal(0, 0.5, len(lineage))
    burden *= np.where(patients.carries("MSI"), HYPERMUTATED, 1.0)
    length = rng.lognormal(0, 0.7, len(genes))
    drivers = {event.gene for event in biology.events.values()}
    length[[gene in drivers for gene in genes]] = DRIVER_LENGTH
    rate = 1 - np.exp(-PASSENGER_RATE * np.outer(burden, length))
    mutated = pd.DataFrame(rng.random(rate.shape) < rate, index=lineage.index, columns=genes)
    for name, event in biology.events.items():
        if event.kind is EventKind.MUTATION and event.gene in mutated.columns:
            mutated[event.gene] |= patients.carries(name)
    return mutated
