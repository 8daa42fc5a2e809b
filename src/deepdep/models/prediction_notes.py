"""What a user should know of predictions, in sentences."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from deepdep.domain.cohort import Samples
from deepdep.domain.errors import shown
from deepdep.domain.omics import Omic
from deepdep.io.noted import counted
from deepdep.models.artifacts import TrainedPredictor


def sample_notes(
    profiles: Mapping[Omic, pd.DataFrame],
    predicted: Sequence[str],
    samples: Samples,
    predictor: TrainedPredictor,
) -> Iterator[str]:
    """Count the samples that lack an omic, have it by another assay alone, or were left out.

    Parameters
    ----------
    profiles
        Standardised, (sample, feature), with what supplementary assays gave.
    predicted
        The samples that have any of the profiles.
    """
    n_all = len(predicted)
    for omic in predictor.features:
        for name, n in _read_from_supplements(omic, samples, predictor).items():
            yield f"{n} of {n_all} samples have no {omic}; it was read from {name}"
        n_without = n_all - (len(profiles[omic]) if omic in profiles else 0)
        if n_without:
            yield f"{n_without} of {n_all} samples have no {omic}; predicted without it"
    unread = [name for name in samples.supplements if name not in predictor.translations]
    if unread:
        yield f"{', '.join(unread)} left out; the model has not learned to read it"
    n_left_out = len(samples.obs) - n_all
    if n_left_out:
        yield f"{counted(n_left_out, 'sample')} without any of the model's omics; left out"


def gene_notes(genes: pd.DataFrame) -> Iterator[str]:
    """Tell of genes that no screen taught the model.

    Parameters
    ----------
    genes
        Columns ``screened`` and ``n_gene_sets``.
    """
    unscreened = genes.index[~genes["screened"]]
    if len(unscreened):
        yield f"{counted(len(unscreened), 'gene')} never screened; predicted by gene sets alone"
    unknown = genes.index[genes["n_gene_sets"] == 0]
    if len(unknown):
        yield f"no gene set of the model holds {shown(list(unknown))}; predicted as an average gene"


def trust_note(genes: pd.DataFrame) -> str:
    """Say how many genes' predictions deserve trust.

    Parameters
    ----------
    genes
        Columns ``screened`` and, where the model was cross-validated, ``trusted``.
    """
    if "trusted" not in genes:
        return "how far to trust the genes is not known; the model was not cross-validated"
    n_screened = int(genes["screened"].sum())
    if not n_screened:
        return "how far to trust the genes is not known; none of them was screened"
    said = (
        f"{int(genes['trusted'].sum())} of {counted(n_screened, 'screened gene')} can be trusted: "
        "cross-validated r above 0 with 95 % confidence"
    )
    n_unscreened = len(genes) - n_screened
    if not n_unscreened:
        return said
    return f"{said}; it is not known of {counted(n_unscreened, 'unscreened gene')}"


def _read_from_supplements(
    omic: Omic, samples: Samples, predictor: TrainedPredictor
) -> dict[str, int]:
    """Count the samples that each supplement alone gave the omic, in the order of reading."""
    known = samples.omics[omic].index if omic in samples.omics else samples.obs.index[:0]
    counts = {}
    for name, translation in predictor.translations.items():
        if translation.omic is omic and name in samples.supplements:
            measured = samples.supplements[name].table.index
            alone = measured[measured.isin(samples.obs.index) & ~measured.isin(known)]
            counts[name] = len(alone)
            known = known.union(alone)
    return {name: n for name, n in counts.items() if n}
