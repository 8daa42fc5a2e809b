"""Measured effects of lines that carry an alteration, against those of lines that do not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from deepdep.analysis.alterations import Alterations
from deepdep.statistics.saddlepoint import tail_of_drawn_sums

Progress = Callable[[int, int], None]

Z_STEP, N_BINS = 0.02, 601  # of the histogram of |z| that p is read from
# Nearer z are counted in some permutations only, which tell a p above 0.01 well enough.
FAR_Z, N_WHOLE = 2.5, 50
TAIL_Z = 3.5  # from here on, p is worked out for the pair as well
ENOUGH_REACHED = 5  # permutations that reached a z, for their share to count
CARRIER_CLASSES = (8, 16, 32, 64)  # numbers of carriers at which the next class begins
FEWEST_OF_CLASS = 50  # alterations
SMALLEST_SD = 1e-9  # below it, there is nothing to compare
LEFT_Z = 3.29  # two-sided p of 0.001
TOGETHER = 0.5  # r within lineages, from which on two alterations cannot be told apart
ITSELF_FIRST = 0.5  # of z, that another gene of an amplicon must have before the gene itself
LINEAGE_UNKNOWN = "unknown"


def observed_pairs(
    effect: pd.DataFrame,
    alterations: Mapping[str, Alterations],
    lineage: pd.Series,
    *,
    n_permutations: int,
    rng: np.random.Generator,
    covariates: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Compare carriers of each alteration with other lines of their lineages, gene by gene.

    Within a lineage, the sum of centred effects over carriers has mean 0 and a known variance when
    carriers are drawn at random (Hajek, Sidak and Sen 1999, Theory of Rank Tests, section 3.3); z
    is that sum over its SD. Missing effects count as the lineage's mean.

    Parameters
    ----------
    effect
        Measured, shape (line, gene), NaN where not screened.
    alterations
        By table; of lines, perhaps of others as well.
    lineage
        Of the lines; carriers are compared and permuted within them.
    covariates
        Numbers that are known of every line, shape (line, covariate); what goes with them within
        lineages is taken from effects before.

    Returns
    -------
    One row per alteration and gene: ``alteration``, ``gene``, ``n_carriers``, ``n_lines``,
    ``difference``, ``z``, ``p``, ``q_of_alteration``, ``q``.
    """
    tables = []
    for number, (name, of_table) in enumerate(alterations.items()):
        lines = effect.index.intersection(of_table.carried.index, sort=False)
        carried = of_table.carried.loc[lines]
        carried = carried.loc[:, carried.any() & ~carried.all()]
        if carried.empty:
            continue
        tested = _Tested.of(effect.loc[lines], carried, lineage[lines], covariates)

        def of_table_done(done: int, number: int = number) -> None:
            if progress is not None:
                progress(number * n_permutations + done, len(alterations) * n_permutations)

        p = tested.p(n_permutations, rng, of_table_done)
        tables.append(tested.pairs(p).assign(table=name))
    if not tables:
        return pd.DataFrame()
    pairs = pd.concat(tables, ignore_index=True)
    return pairs.assign(q=false_discovery_control(pairs["p"]))


def explained_by(
    pairs: pd.DataFrame,
    effect: pd.DataFrame,
    alterations: Mapping[str, Alterations],
    lineage: pd.Series,
    *,
    fdr: float,
    covariates: pd.DataFrame | None = None,
) -> pd.Series:
    """Name, for each called pair, the stronger alteration that leaves nothing of it; else empty.

    Genes beside one that is amplified are amplified too, and so are paired with all that it is
    paired with. Of the alterations called for a gene the strongest stands, and each further one
    that goes with none of those (r up to ``TOGETHER``) and still differs by ``LEFT_Z`` where those
    are held fixed. Of two that are alike that of the gene itself comes first.

    Parameters
    ----------
    pairs
        As ``observed_pairs`` returns them; called are those whose ``q`` is at most ``fdr``. The
        other parameters are as given to it.
    """
    found = dict.fromkeys(pairs.index, "")
    called = pairs[pairs["q"] <= fdr]
    is_itself = called["alteration"].str.rsplit(" ", n=1).str[0] == called["gene"]
    strength = called["z"].abs() + np.where(is_itself, ITSELF_FIRST, 0.0)
    order = strength.sort_values(ascending=False, kind="stable").index
    for gene, of_gene in called.loc[order].groupby("gene", sort=False):
        standing: list[tuple[str, str]] = []
        for place, pair in of_gene.iterrows():
            names = [*standing, (pair["table"], pair["alteration"])]
            carried = pd.DataFrame(
                {name: alterations[table].carried[name] for table, name in names}
            ).dropna()
            lines = effect.index.intersection(carried.index)
            tested = _Tested.of(
                effect.loc[lines, [gene]],
                carried.loc[lines].astype(bool),
                lineage[lines],
                covariates,
            )
            left, nearest, together = tested.left_of_last()
            if abs(left) < LEFT_Z or together > TOGETHER:
                found[place] = names[nearest][1]
            else:
                standing.append(names[-1])
    return pd.Series(found, pairs.index)


def q_of_standing(p: pd.Series, explained: pd.Series) -> pd.Series:
    """Correct p for all pairs, where those that another explains are no discoveries; NaN for these.

    As Benjamini and Hochberg (1995) do, but that a rank counts the pairs that stand alone.
    """
    order = p[explained == ""].sort_values(kind="stable")
    q = order * len(p) / np.arange(1, len(order) + 1)
    return q[::-1].cummin()[::-1].clip(upper=1.0).reindex(p.index)


@dataclass(frozen=True)
class _Tested:
    """Effects and carriers of one table's lines, centred within lineages."""

    effects: np.ndarray  # (line, gene)
    carriers: np.ndarray  # (line, alteration)
    sd: np.ndarray  # of their products when carriers are permuted, (alteration, gene)
    strata: tuple[np.ndarray, ...]  # rows of each lineage
    genes: pd.Index
    carried: pd.DataFrame

    @classmethod
    def of(
        cls,
        effect: pd.DataFrame,
        carried: pd.DataFrame,
        lineage: pd.Series,
        covariates: pd.DataFrame | None,
    ) -> "_Tested":
        strata = tuple(
            np.flatnonzero(lineage.fillna(LINEAGE_UNKNOWN).to_numpy() == one)
            for one in sorted(lineage.fillna(LINEAGE_UNKNOWN).unique())
        )
        effects = _centred(effect.to_numpy(float), strata)
        if covariates is not None:
            fixed = _centred(covariates.loc[effect.index].to_numpy(float), strata)
            effects = effects - fixed @ np.linalg.lstsq(fixed, effects, rcond=None)[0]
        carriers = _centred(carried.to_numpy(float), strata)
        variance = np.zeros((carriers.shape[1], effects.shape[1]))
        for rows in strata:
            if len(rows) > 1:
                of_carriers = (carriers[rows] ** 2).sum(axis=0)
                of_effects = (effects[rows] ** 2).sum(axis=0) / (len(rows) - 1)
                variance += np.outer(of_carriers, of_effects)
        sd = np.sqrt(variance)
        sd = np.where(sd > SMALLEST_SD, sd, np.inf)  # nothing to compare
        return cls(effects, carriers, sd, strata, effect.columns, carried)

    @property
    def z(self) -> np.ndarray:
        return (self.carriers.T @ self.effects) / self.sd

    def p(
        self, n_permutations: int, rng: np.random.Generator, done: Callable[[int], None]
    ) -> np.ndarray:
        """Return p of each alteration and gene.

        A gene that few lines depend on strongly has heavy tails, and the heavier the fewer carry an
        alteration. So the null of a pair is pooled over the alterations of about as many carriers,
        and not over genes. Below ``FAR_Z`` it is of the first ``N_WHOLE`` permutations. From
        ``TAIL_Z`` on, where permutations that reach it are few or none, p is of the pair alone, and
        no less than the pool's where ``ENOUGH_REACHED`` did.
        """
        n_genes = self.sd.shape[1]
        of_class = _classes(self.carried.sum().to_numpy())
        row = (of_class[:, None] * n_genes + np.arange(n_genes)) * N_BINS
        far, all_of_some = (_Counts((of_class.max() + 1) * n_genes) for _ in range(2))
        effects, sd = self.effects.astype(np.float32), self.sd.astype(np.float32)
        far_from = FAR_Z * sd
        n_whole = min(N_WHOLE, n_permutations)
        for number in range(n_permutations):
            rows = np.arange(len(effects))
            for stratum in self.strata:
                rows[stratum] = rng.permutation(stratum)
            sums = np.abs(self.carriers[rows].astype(np.float32).T @ effects)
            if number < n_whole:
                all_of_some.add((row + _bins(sums / sd)).ravel())
            places = np.flatnonzero(sums >= far_from)
            far.add(row.ravel()[places] + _bins(sums.ravel()[places] / sd.ravel()[places]))
            done(number + 1)
        z = np.abs(self.z)
        place, n_alike = row + _bins(z), np.bincount(of_class)[of_class][:, None]
        n_far = far.reached(place)
        p_far = (1 + n_far) / (1 + n_permutations * n_alike)
        p_near = (1 + all_of_some.reached(place)) / (1 + n_whole * n_alike)
        pooled = np.where(z >= FAR_Z, p_far, p_near)
        alone = self.p_of_pairs(z >= TAIL_Z)
        alone = np.where(n_far >= ENOUGH_REACHED, np.fmax(alone, pooled), alone)
        return np.where(np.isnan(alone), pooled, alone)

    def p_of_pairs(self, wanted: np.ndarray) -> np.ndarray:
        """Return two-sided p of some pairs by a saddlepoint approximation, NaN of all others.

        It is what permutations within lineages of the pair's own carriers tend to, for as many as
        it would take. NaN also where the approximation fails.
        """
        alteration, gene = np.nonzero(wanted)
        sums = (self.carriers.T @ self.effects)[alteration, gene]
        carried = self.carried.to_numpy()
        n_drawn = np.stack([carried[rows].sum(axis=0) for rows in self.strata], axis=1)
        effects = self.effects.T[gene] * np.where(sums < 0, -1, 1)[:, None]
        sides = [
            tail_of_drawn_sums(values, self.strata, n_drawn[alteration], np.abs(sums))
            for values in (effects, -effects)
        ]
        found = np.full(wanted.shape, np.nan)
        found[alteration, gene] = np.minimum(sides[0] + np.nan_to_num(sides[1]), 1)
        return found

    def left_of_last(self) -> tuple[float, int, float]:
        """Return z of the last carriers and the one gene where the others are held fixed.

        And which of the others goes with it most, and its r with it. The SD is a regression's.
        """
        others, last = self.carriers[:, :-1], self.carriers[:, -1]
        effect = self.effects[:, 0]
        if not others.shape[1]:
            return float(self.z[-1, 0]), 0, 0.0
        of_others = np.linalg.lstsq(others, np.stack([last, effect], axis=1), rcond=None)[0]
        last, effect = last - others @ of_others[:, 0], effect - others @ of_others[:, 1]
        n_left = max(len(effect) - len(self.strata) - others.shape[1], 1)
        sd = np.sqrt((last**2).sum() * (effect**2).sum() / n_left)
        lengths = np.sqrt((self.carriers**2).sum(axis=0))
        together = np.abs(others.T @ self.carriers[:, -1]) / lengths[:-1] / lengths[-1]
        left = float(last @ effect / sd) if sd > SMALLEST_SD else 0.0
        return left, int(together.argmax()), float(together.max())

    def pairs(self, p: np.ndarray) -> pd.DataFrame:
        n_alterations, n_genes = p.shape
        squares = (self.carriers**2).sum(axis=0)
        slope = (self.carriers.T @ self.effects) / np.where(squares > 0, squares, 1)[:, None]
        return pd.DataFrame(
            {
                "alteration": np.repeat(self.carried.columns, n_genes),
                "gene": np.tile(self.genes, n_alterations),
                "n_carriers": np.repeat(self.carried.sum().to_numpy(), n_genes),
                "n_lines": len(self.carried),
                "difference": slope.ravel(),
                "z": self.z.ravel(),
                "p": p.ravel(),
                "q_of_alteration": false_discovery_control(p, axis=1).ravel(),
            }
        )


class _Counts:
    """A histogram of |z| for each class of alterations and gene.

    What is added waits until there is enough of it: counting looks at every bin.
    """

    def __init__(self, n_rows: int) -> None:
        self._counts = np.zeros(n_rows * N_BINS, np.int64)
        self._waiting: list[np.ndarray] = []
        self._n_waiting = 0

    def add(self, places: np.ndarray) -> None:
        self._waiting.append(places)
        self._n_waiting += len(places)
        if self._n_waiting >= len(self._counts):
            self._count()

    def reached(self, places: np.ndarray) -> np.ndarray:
        """Return how many were in this bin of the row or in a farther one."""
        self._count()
        as_far = self._counts.reshape(-1, N_BINS)[:, ::-1].cumsum(axis=1)[:, ::-1]
        return as_far.ravel()[places]

    def _count(self) -> None:
        if self._waiting:
            every = np.concatenate(self._waiting)
            self._counts += np.bincount(every, minlength=len(self._counts))
            self._waiting, self._n_waiting = [], 0


def _classes(n_carriers: np.ndarray) -> np.ndarray:
    """Return a class of each alteration, by how many carry it; small classes join lower ones.

    The tails of fewer carriers are heavier, so that p of those who join is too large, if anything.
    """
    size = np.searchsorted(CARRIER_CLASSES, n_carriers, side="right")
    joined, n_waiting = size.copy(), 0
    for one in range(size.max(), 0, -1):
        n_waiting += int((size == one).sum())
        if n_waiting < FEWEST_OF_CLASS:
            joined[joined == one] = one - 1
        else:
            n_waiting = 0
    return np.unique(joined, return_inverse=True)[1]


def _bins(z: np.ndarray) -> np.ndarray:
    """Return the step of each |z|, rounded down, so that p is never too small."""
    return np.minimum(np.abs(z) / Z_STEP, N_BINS - 1).astype(np.int64)


def _centred(values: np.ndarray, strata: tuple[np.ndarray, ...]) -> np.ndarray:
    """Take each lineage's mean away; what is missing becomes 0."""
    centred = np.zeros_like(values)
    for rows in strata:
        of_stratum = values[rows]
        measured = ~np.isnan(of_stratum)
        mean = np.where(measured, of_stratum, 0).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
        centred[rows] = np.where(measured, of_stratum - mean, 0)
    return centred
