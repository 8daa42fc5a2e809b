"""A whole cohort with a known truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.simulation import assay, gene_effect
from deepdep.data.simulation.biology import ABSENT, Biology, load_biology
from deepdep.data.simulation.events import draw_events
from deepdep.data.simulation.expression import draw_expression, expression_model
from deepdep.data.simulation.gene_sets import draw_gene_sets
from deepdep.data.simulation.genes import GeneRoles, assign_roles, choose_feature_genes
from deepdep.data.simulation.genome import draw_copy_number, draw_mutations, place_genes
from deepdep.data.simulation.methylation import draw_methylation, draw_probes
from deepdep.data.simulation.patients import Patients, draw_identities, draw_programmes
from deepdep.data.simulation.samples import draw_obs, n_lineages
from deepdep.data.simulation.settings import SimulationSettings
from deepdep.data.simulation.truth import Truth, truth_of
from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic


@dataclass(frozen=True)
class Simulation:
    """A simulated cohort, and what was planted in it."""

    cohort: Cohort
    truth: Truth


def simulate(settings: SimulationSettings, rng: np.random.Generator) -> Simulation:
    """Simulate tumours and cell lines that share one biology.

    Events, identities and programmes belong to patients. They drive all omics and the gene effect
    of cancer cells; an assay then reads cell lines (pure, shifted by culture) and tumours (mixed
    with normal cells). Genes carry HGNC symbols; when more are asked for than the embedded list
    has, the rest are placeholders such as SIM00001.
    """
    biology = load_biology(n_lineages(settings))
    rngs = dict(
        zip(("samples", "genes", "patients", "omics", "effects", "sets"), rng.spawn(6), strict=True)
    )
    obs = draw_obs(settings, biology, rngs["samples"])
    roles = assign_roles(settings.n_genes, biology, rngs["genes"])
    feature_genes = choose_feature_genes(settings, roles, biology, rngs["genes"])
    patients = _draw_patients(obs, roles, biology, rngs["patients"])
    omics = _draw_omics(feature_genes, obs, patients, biology, rngs["omics"])
    profile = gene_effect.selective_profile(
        roles.selective, list(patients.programmes.columns), rngs["effects"]
    )
    effects = gene_effect.draw_effects(roles, profile, patients, biology, rngs["effects"])
    lines = obs[assay.is_line(obs)]
    universe = list(dict.fromkeys([*roles.all, *feature_genes[Omic.EXPRESSION]]))
    cohort = Cohort(
        cell_lines=_samples(omics, lines, rngs["samples"]),
        tumors=_samples(omics, obs[~assay.is_line(obs)], rngs["samples"]),
        gene_effect=GeneEffect(
            gene_effect.screen(effects, lines, rngs["effects"]), GeneEffectKind.GENE_EFFECT
        ),
        gene_sets=draw_gene_sets(
            settings.n_gene_sets, roles, profile, universe, biology, rngs["sets"]
        ),
    )
    return Simulation(cohort, truth_of(roles, patients, obs))


def _draw_patients(
    obs: pd.DataFrame, roles: GeneRoles, biology: Biology, rng: np.random.Generator
) -> Patients:
    info = obs.drop_duplicates("patient_id").set_index("patient_id")[["lineage", "source"]]
    needed = {fact.carriers.removesuffix(ABSENT) for fact in roles.planted}
    events = draw_events(info, biology, needed, rng)
    return Patients(
        info,
        events,
        identities=draw_identities(info["lineage"], biology, rng),
        programmes=draw_programmes(info["lineage"], events, biology, rng),
    )


def _draw_omics(
    feature_genes: dict[Omic, list[str]],
    obs: pd.DataFrame,
    patients: Patients,
    biology: Biology,
    rng: np.random.Generator,
) -> dict[Omic, pd.DataFrame]:
    mixture = assay.draw_mixture(obs, rng)
    places = place_genes(feature_genes[Omic.COPY_NUMBER], biology, rng)
    copy_number = draw_copy_number(places, patients, biology, rng)
    mutations = draw_mutations(sorted(feature_genes[Omic.MUTATION]), patients, biology, rng)
    model = expression_model(
        sorted(feature_genes[Omic.EXPRESSION]), list(patients.latent.columns), biology, rng
    )
    expression = draw_expression(model, patients, copy_number, biology, rng)
    probes = draw_probes(feature_genes[Omic.METHYLATION], rng).sort_index()
    methylation = draw_methylation(probes, patients, biology, rng)
    return {
        Omic.MUTATION: assay.read_mutations(mutations, obs, mixture, rng),
        Omic.EXPRESSION: assay.read_expression(expression, model, obs, mixture, biology, rng),
        Omic.METHYLATION: assay.read_methylation(methylation, obs, mixture, rng),
        Omic.COPY_NUMBER: assay.read_copy_number(copy_number, obs, mixture),
    }


def _samples(
    omics: dict[Omic, pd.DataFrame], obs: pd.DataFrame, rng: np.random.Generator
) -> Samples:
    tables = {omic: table.loc[obs.index] for omic, table in omics.items()}
    return Samples(
        omics=assay.drop_omics(tables, obs, rng),
        obs=obs,
        units={omic: DEFAULT_UNITS[omic] for omic in tables},
    )
