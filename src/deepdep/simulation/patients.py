"""Who is in a cohort, and what drives each patient's omics: events, identity, programmes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.simulation.biology import ABSENT, ANY, Biology
from deepdep.simulation.settings import SimulationSettings

PATIENTS_PER_LINE = 0.84  # of DepMap's lines, about one in six has a sister from its patient

# An event that something depends on is carried by at least so many patients, and by this share,
# of those with tumours and of those with lines: fewer teach nothing and test nothing.
MIN_CARRIERS = 4
MIN_CARRIER_SHARE = 0.025

BLOCK = 500  # patients or samples that are drawn at once

N_HIDDEN_PROGRAMMES = 12  # without a name or known genes: most of what varies is not understood
LINEAGE_SD = 0.4  # of the mean programme score between lineages ...
PATIENT_SD = 0.85  # ... and of the score between patients of one lineage


def draw_obs(
    settings: SimulationSettings, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw tumours and cell lines: columns ``patient_id``, ``lineage``, ``source``.

    Tumours have names such as SIM-S1-0001-01, of the patient SIM-S1-0001, that nobody takes for a
    real patient's; cell lines have ids such as ACH-000001, several of which may share a patient.
    """
    lineages = list(biology.lineages)
    n = settings.n_tumors
    shares = [lineage.tumors for lineage in biology.lineages.values()]
    # A site (S1, S2, ...) has 9,999 patients, so that names in order of sites stay in order.
    sites = [divmod(number, 9_999) for number in range(n)]
    patients = np.array([f"SIM-S{site + 1}-{place + 1:04d}" for site, place in sites])
    barcodes = [f"{patient}-01" for patient in patients]
    tumors = _obs(barcodes, patients, _draw_lineages(n, lineages, shares, rng), Source.TUMOR)
    n = settings.n_cell_lines
    n_patients = round(n * PATIENTS_PER_LINE)
    shares = [lineage.lines for lineage in biology.lineages.values()]
    patient_lineages = _draw_lineages(n_patients, lineages, shares, rng)
    sisters = rng.integers(n_patients, size=n - n_patients)
    patient = rng.permutation(np.concatenate([np.arange(n_patients), sisters]))
    patients = np.array([f"PT-{number:06d}" for number in range(1, n_patients + 1)])
    ids = [f"ACH-{number:06d}" for number in range(1, n + 1)]
    lines = _obs(ids, patients[patient], patient_lineages[patient], Source.CELL_LINE)
    return pd.concat([tumors, lines])


@dataclass(frozen=True)
class Patients:
    """The state of each patient; every table has the patients as rows.

    Attributes
    ----------
    info
        Columns ``lineage`` and ``source``.
    events
        True where a patient carries an event.
    identities
        About 1 where a patient has the identity, 0 where not.
    programmes
        Scores of mean 0 and standard deviation 1 over all patients.
    """

    info: pd.DataFrame
    events: pd.DataFrame
    identities: pd.DataFrame
    programmes: pd.DataFrame

    @property
    def latent(self) -> pd.DataFrame:
        """Identities and programmes side by side, shape (patient, latent)."""
        return pd.concat([self.identities, self.programmes], axis=1)

    def carries(self, event: str) -> np.ndarray:
        """Which patients carry an event, or, for ``... absent``, do not."""
        if event.endswith(ABSENT):
            return ~self.events[event.removesuffix(ABSENT)].to_numpy()
        return self.events[event].to_numpy()

    @classmethod
    def draw(
        cls, info: pd.DataFrame, biology: Biology, needed: Iterable[str], rng: np.random.Generator
    ) -> "Patients":
        """Draw the state of patients; ``needed`` events have a few carriers at least."""
        events = draw_events(info, biology, needed, rng)
        identities = draw_identities(info["lineage"], biology, rng)
        return cls(info, events, identities, draw_programmes(info["lineage"], events, biology, rng))


def draw_events(
    patients: pd.DataFrame, biology: Biology, needed: Iterable[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the events of each patient, shape (patient, event), bool.

    Parameters
    ----------
    patients
        Columns ``lineage`` and ``source``.
    needed
        Events that have at least a few carriers among the patients of each source.
    """
    probability = pd.DataFrame(
        {
            name: patients["lineage"]
            .map(event.frequency)
            .fillna(event.frequency[ANY])
            .astype(float)
            for name, event in biology.events.items()
        }
    )
    drawn = pd.DataFrame(
        rng.random(probability.shape) < probability.to_numpy(),
        index=patients.index,
        columns=probability.columns,
    )
    drawn = _keep_one_of_exclusive(drawn, biology, rng)
    for name, event in biology.events.items():
        allowed = drawn[event.within] if event.within else pd.Series(True, index=drawn.index)
        drawn[name] &= allowed
        if name in set(needed):
            rank = np.log(probability[name]) + rng.gumbel(size=len(patients))
            for _, of_source in patients.groupby("source"):
                drawn.loc[_lacking(drawn[name], rank[allowed], of_source.index), name] = True
    return drawn


def draw_identities(lineage: pd.Series, biology: Biology, rng: np.random.Generator) -> pd.DataFrame:
    """Give each patient one of the identities of the lineage, or none (dedifferentiated)."""
    frequency = pd.DataFrame(
        {name: lineage.map(identity.lineages) for name, identity in biology.identities.items()}
    )
    share = frequency.fillna(0.0).astype(float)
    upper = share.cumsum(axis=1).to_numpy() / np.maximum(share.sum(axis=1).to_numpy(), 1.0)[:, None]
    drawn = rng.random((len(lineage), 1))
    has = (drawn < upper) & (drawn >= np.hstack([np.zeros((len(lineage), 1)), upper[:, :-1]]))
    degree = rng.uniform(0.75, 1.2, share.shape)
    trace = rng.uniform(0.0, 0.1, share.shape)
    return pd.DataFrame(np.where(has, degree, trace), index=lineage.index, columns=share.columns)


def draw_programmes(
    lineage: pd.Series, events: pd.DataFrame, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw programme scores: lineage, events and what is a patient's own."""
    hidden = [f"hidden {number}" for number in range(1, N_HIDDEN_PROGRAMMES + 1)]
    names = [*biology.programmes, *hidden]
    of_lineage = pd.DataFrame(
        rng.normal(0, LINEAGE_SD, (len(biology.lineages), len(names))),
        index=list(biology.lineages),
        columns=names,
    )
    scores = of_lineage.loc[lineage].set_axis(lineage.index)
    scores += rng.normal(0, PATIENT_SD, scores.shape)
    for name, programme in biology.programmes.items():
        scores[name] += lineage.map(programme.lineages).fillna(0.0).astype(float)
        for event, shift in programme.events.items():
            scores[name] += shift * events[event]
    return (scores - scores.mean()) / scores.std()


def row_blocks(n: int) -> Iterator[slice]:
    """Part so many rows: what a cohort of many samples needs at once stays small."""
    return (slice(first, first + BLOCK) for first in range(0, n, BLOCK))


def draw_hits(
    shape: tuple[int, int], chance: Callable[[slice], np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Draw what happens with a chance, given for some rows at a time; shape as asked, bool."""
    hits = np.empty(shape, bool)
    for rows in row_blocks(len(hits)):
        hits[rows] = rng.random(hits[rows].shape) < chance(rows)
    return hits


def _draw_lineages(
    n: int, lineages: Sequence[str], shares: Sequence[float], rng: np.random.Generator
) -> np.ndarray:
    """Draw lineages in fixed numbers: each gets its share, rounded."""
    bounds = np.rint(np.cumsum(shares) / np.sum(shares) * n).astype(int)
    return rng.permutation(np.repeat(lineages, np.diff(bounds, prepend=0)))


def _obs(
    names: Sequence[str], patients: np.ndarray, lineages: np.ndarray, source: Source
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": patients.astype(object),
            "lineage": lineages.astype(object),
            "source": str(source),
        },
        index=pd.Index(np.array(names, dtype=object)),
    )


def _keep_one_of_exclusive(
    drawn: pd.DataFrame, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    kept = drawn.copy()
    groups = pd.Series({name: event.exclusive for name, event in biology.events.items()})
    for _, names in groups[groups != ""].groupby(groups):
        members = list(names.index)
        order = rng.random((len(drawn), len(members))) * drawn[members].to_numpy()
        first = order.argmax(axis=1)[:, None] == np.arange(len(members))
        kept[members] = drawn[members].to_numpy() & first
    return kept


def _lacking(carries: pd.Series, rank: pd.Series, patients: pd.Index) -> pd.Index:
    """Choose the likeliest patients that reach the least number of carriers."""
    carriers = carries.loc[patients]
    n_least = max(MIN_CARRIERS, round(MIN_CARRIER_SHARE * len(patients)))
    rank = rank.loc[rank.index.intersection(patients[~carriers])]
    return rank.nlargest(max(0, n_least - int(carriers.sum()))).index
