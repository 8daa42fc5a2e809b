"""What drives a patient's omics and gene effects: events, identity and programmes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.simulation.biology import ABSENT, Biology

N_HIDDEN_PROGRAMMES = 12  # without a name or known genes: most of what varies is not understood
LINEAGE_SD = 0.4  # of the mean programme score between lineages ...
PATIENT_SD = 0.85  # ... and of the score between patients of one lineage


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
