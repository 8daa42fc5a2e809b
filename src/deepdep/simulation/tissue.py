"""Pure cancer cells: expression, methylation, copy number and mutations."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.simulation.biology import Biology, EventKind
from deepdep.simulation.patients import Patients, draw_hits, row_blocks

DOSAGE = 0.7  # change of log2(TPM) per log2(CN/2)
SILENCED = -4.5  # change of log2(TPM) of a gene that is lost or methylated away
DECAYED = -1.3  # ... and of a transcript that a truncating mutation marks for decay
OFF = -3.0  # log2(TPM) of a gene that cancer cells do not express
SIGNATURE_SHARE, SIGNATURE_SD = 0.03, 0.8  # of the genes an event moves, and how far
PATIENT_SD = 0.45  # of what neither identity nor programme explains

METHYLATOR = "CpG island methylator"  # the programme that methylates promoters at large
PATIENT_LOGIT_SD = 0.35
SILENCED_LOGIT = 5.0  # change of the logit where an event methylates a promoter

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


@dataclass(frozen=True)
class ExpressionModel:
    """How genes read the latent state: one level per gene, one loading per latent and gene."""

    level: pd.Series
    loadings: pd.DataFrame

    @classmethod
    def draw(
        cls, genes: list[str], latent: list[str], biology: Biology, rng: np.random.Generator
    ) -> "ExpressionModel":
        """Draw levels and loadings: strong ones for known genes, weak ones for all that vary."""
        silent = np.isin(genes, biology.genes_of(biology.families.silent))
        essential = np.isin(genes, biology.genes_of(biology.families.essential))
        level = np.where(
            essential, rng.normal(7.5, 1.2, len(genes)), rng.normal(4.5, 1.8, len(genes))
        )
        level = np.where(silent, rng.normal(OFF, 1.0, len(genes)), level)
        weak = rng.normal(0, 0.4, (len(latent), len(genes)))
        weak *= rng.random(weak.shape) < 2.5 / len(latent)  # a gene reads two or three
        weak *= ~silent
        table = pd.DataFrame(weak, index=latent, columns=genes)
        levels = pd.Series(level, index=genes)
        simulated = set(genes)
        for name, programme in biology.programmes.items():
            for members, sign in ((programme.up, 1.0), (programme.down, -1.0)):
                here = [gene for gene in members if gene in simulated]
                table.loc[name, here] = sign * rng.uniform(0.5, 1.1, len(here))
                levels[here] = np.maximum(levels[here], rng.uniform(3.0, 5.0, len(here)))
        for name, identity in biology.identities.items():
            here = [
                gene for gene in (*identity.markers, *identity.dependencies) if gene in simulated
            ]
            table.loc[name, here] = rng.uniform(3.0, 5.5, len(here))
            levels[here] = rng.uniform(-1.5, 1.0, len(here))
        return cls(levels, table)

    def draw_expression(
        self,
        patients: Patients,
        copy_number: pd.DataFrame,
        biology: Biology,
        rng: np.random.Generator,
    ) -> pd.DataFrame:
        """Draw log2(TPM) of each patient's cancer cells, shape (patient, gene)."""
        latent = patients.latent[self.loadings.index]
        values = latent.to_numpy(np.float32) @ self.loadings.to_numpy(np.float32)
        values += self.level.to_numpy(np.float32)
        genes = self.level.index
        shared = genes.intersection(copy_number.columns)
        of_genes, copies = genes.get_indexer(shared), copy_number[shared].to_numpy()
        for rows in row_blocks(len(values)):
            values[rows] += PATIENT_SD * rng.standard_normal(values[rows].shape, dtype=np.float32)
            values[rows, of_genes] += np.float32(DOSAGE) * copies[rows]
        table = pd.DataFrame(values, index=latent.index, columns=genes)
        for name, event in biology.events.items():
            downstream = table.columns[rng.random(table.shape[1]) < SIGNATURE_SHARE]
            change = rng.normal(0, SIGNATURE_SD, len(downstream))
            table[downstream] += np.outer(patients.carries(name), change).astype(np.float32)
            silences = event.kind in (EventKind.SILENCING, EventKind.MSI, EventKind.LOSS)
            if (silences or event.truncating) and event.gene in table.columns:
                shift = np.float32(SILENCED if silences else DECAYED)
                table[event.gene] += shift * patients.carries(name)
        return table

    def draw_culture_shift(self, biology: Biology, rng: np.random.Generator) -> np.ndarray:
        """Draw log2(TPM) that a dish adds to each gene: programmes, and a little of everything."""
        shift = pd.Series(0.0, index=self.loadings.index)
        for name, programme in biology.programmes.items():
            shift[name] = programme.culture
        n = len(self.level)
        other = rng.normal(0, 0.2, n) + rng.normal(0, 0.8, n) * (rng.random(n) < 0.06)
        return (shift.to_numpy() @ self.loadings.to_numpy() + other).astype(np.float32)

    def draw_normal_profile(self, markers: list[str], rng: np.random.Generator) -> np.ndarray:
        """Draw log2(TPM) of a normal cell type: its markers high, the rest as in quiet cancer."""
        is_marker = self.level.index.isin(markers)
        high = rng.uniform(4.0, 7.5, len(is_marker))
        return np.where(
            is_marker, high, self.level.to_numpy() + rng.normal(-0.3, 0.4, len(is_marker))
        )


def draw_probes(genes: list[str], rng: np.random.Generator) -> pd.Series:
    """Name one probe per gene, such as cg01234567: index probe, values gene.

    The numbers are drawn, they are not those of a real array.
    """
    numbers = rng.choice(10**8, size=len(genes), replace=False)
    return pd.Series(genes, index=[f"cg{number:08d}" for number in numbers])


def draw_methylation(
    probes: pd.Series, patients: Patients, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the logit of beta, shape (patient, probe).

    Promoters are unmethylated unless an identity's marker is off, the methylator programme is on
    or an event silences the gene; the other probes are of either state and follow two programmes.
    """
    latent = patients.latent
    promoter = rng.random(len(probes)) < 0.6
    silenced_by = {
        name: event.gene
        for name, event in biology.events.items()
        if event.kind in (EventKind.SILENCING, EventKind.MSI)
    }
    promoter |= probes.isin(silenced_by.values()).to_numpy()
    n = len(probes)
    closed = rng.normal(-2.8, 0.6, n)
    either = np.where(rng.random(n) < 0.75, rng.normal(2.2, 0.6, n), rng.normal(-1.5, 0.8, n))
    level = np.where(promoter, closed, either)
    loadings = rng.normal(0, 0.6, (latent.shape[1], len(probes)))
    loadings *= rng.random(loadings.shape) < 2.0 / latent.shape[1]
    loadings[latent.columns.get_loc(METHYLATOR)] = np.where(
        promoter, rng.uniform(0, 0.9, len(probes)), 0
    )
    for name, identity in biology.identities.items():
        marker = promoter & probes.isin(identity.markers).to_numpy()
        level = np.where(marker, 2.0, level)
        loadings[latent.columns.get_loc(name), marker] = -3.5
    values = latent.to_numpy(np.float32) @ loadings.astype(np.float32) + level.astype(np.float32)
    for rows in row_blocks(len(values)):
        values[rows] += PATIENT_LOGIT_SD * rng.standard_normal(values[rows].shape, dtype=np.float32)
    for name, gene in silenced_by.items():
        of_gene = np.flatnonzero(probes == gene)
        values[:, of_gene] += np.float32(SILENCED_LOGIT) * patients.carries(name)[:, None]
    return pd.DataFrame(values, index=latent.index, columns=probes.index)


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
    for arm, in_order in biology.arms.items():
        here = [gene for gene in in_order if gene in places.index]
        places.loc[here, "arm"] = arm
        places.loc[here, "position"] = [(in_order.index(g) + 0.5) / len(in_order) for g in here]
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
            # Mostly events cover the arm, else one end of it.
            n = len(values)
            broken, left = rng.random(n) < 0.3, rng.random(n) < 0.5
            breakpoint_ = rng.random(n)
            begins = np.where(broken & ~left, breakpoint_, 0.0)
            ends = np.where(broken & left, breakpoint_, 1.0)
            position = places["position"].to_numpy()[columns]
            inside = (position >= begins[:, None]) & (position <= ends[:, None])
            values[:, columns] = arms[[arm]].to_numpy() * inside
    values = _with_passenger_segments(values, places, instability, rng)
    values = _with_events(values, places, patients, biology, rng)
    return pd.DataFrame(values, index=patients.info.index, columns=places.index)


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

    def chance(rows: slice) -> np.ndarray:
        return 1 - np.exp(-PASSENGER_RATE * np.outer(burden[rows], length))

    hits = draw_hits((len(lineage), len(genes)), chance, rng)
    mutated = pd.DataFrame(hits, index=lineage.index, columns=genes)
    for name, event in biology.events.items():
        if event.kind is EventKind.MUTATION and event.gene in mutated.columns:
            mutated[event.gene] |= patients.carries(name)
    return mutated


def _draw_arms(
    lineage: pd.Series, instability: np.ndarray, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    tendency = pd.DataFrame(
        rng.normal(0, 0.35, (len(biology.lineages), len(ARMS))),
        index=list(biology.lineages),
        columns=ARMS,
    )
    published = pd.DataFrame.from_dict(biology.arms_of_lineages, orient="index")
    tendency = tendency.add(published.reindex(index=tendency.index, columns=ARMS).fillna(0.0))
    pull = tendency.loc[lineage].to_numpy() + rng.normal(0, 1, (len(lineage), len(ARMS)))
    threshold = (2.2 - 1.6 * instability)[:, None]
    clonality = rng.uniform(0.6, 1.0, pull.shape)
    state = np.where(pull > threshold, ONE_COPY["gain"] * clonality, 0.0)
    state = np.where(pull < -threshold, ONE_COPY["loss"] * clonality, state)
    return pd.DataFrame(state + rng.normal(0, 0.03, pull.shape), index=lineage.index, columns=ARMS)


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
    return np.clip(values, DEEPEST, HIGHEST, out=values)
