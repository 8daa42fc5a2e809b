"""A whole cohort with a known truth, and what was planted in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.simulation import assay, gene_effect, tissue
from deepdep.simulation.biology import ABSENT, Biology
from deepdep.simulation.gene_sets import draw_gene_sets
from deepdep.simulation.genes import GeneRoles
from deepdep.simulation.patients import Patients, draw_obs
from deepdep.simulation.settings import SimulationSettings

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

    @classmethod
    def of(cls, roles: GeneRoles, patients: Patients, obs: pd.DataFrame) -> "Truth":
        """Collect what was planted in the samples of ``obs``."""
        others = [("common_essential", gene) for gene in roles.essential]
        others += [("no_signal", gene) for gene in roles.silent]
        unconditional = pd.DataFrame(others, columns=["kind", "gene"])
        planted = pd.concat([pd.DataFrame(roles.planted), unconditional], ignore_index=True)
        planted["effect"] = planted["effect"].fillna(
            planted["kind"].map({"common_essential": -1.0, "no_signal": 0.0})
        )
        columns = {name: patients.carries(name) for name in patients.events.columns}
        for fact in roles.planted:
            if fact.carriers.endswith(ABSENT):
                columns[fact.carriers] = patients.carries(fact.carriers)
        for name in patients.identities.columns:
            columns[f"{name} lineage"] = patients.identities[name].to_numpy() > HAS_IDENTITY
        rank = patients.programmes.groupby(patients.info["source"]).rank(pct=True)
        for name in dict.fromkeys(
            fact.driver for fact in roles.planted if fact.kind == "programme"
        ):
            columns[f"{name} programme"] = rank[name].to_numpy() > 1 - HIGH_SHARE
        of_patients = pd.DataFrame(columns, index=patients.info.index)
        carriers = of_patients.loc[obs["patient_id"]].set_axis(obs.index)
        return cls(planted.fillna(""), carriers)

    def to_json(self) -> str:
        """Return a text: ``planted``, a list of facts, and ``carriers``, samples by name."""
        content = {
            "planted": self.planted.to_dict(orient="records"),
            "carriers": {
                str(name): list(self.carriers.index[np.asarray(carried)])
                for name, carried in self.carriers.items()
            },
        }
        return json.dumps(content, indent=1) + "\n"


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
    has, the rest are placeholders such as SIM00001. Tumours have names such as SIM-S1-0001-01, and
    the files of the cohort say that it is simulated.

    Examples
    --------
    >>> simulation = deepdep.simulate(deepdep.TINY, np.random.default_rng(0))
    >>> len(simulation.cohort.cell_lines.obs)
    70
    """
    biology = Biology.load(settings.n_lineages)
    rngs = dict(
        zip(("samples", "genes", "patients", "omics", "effects", "sets"), rng.spawn(6), strict=True)
    )
    obs = draw_obs(settings, biology, rngs["samples"])
    roles = GeneRoles.assign(settings.n_genes, biology, rngs["genes"])
    feature_genes = roles.choose_feature_genes(settings, biology, rngs["genes"])
    info = obs.drop_duplicates("patient_id").set_index("patient_id")[["lineage", "source"]]
    needed = {fact.carriers.removesuffix(ABSENT) for fact in roles.planted}
    patients = Patients.draw(info, biology, needed, rngs["patients"])
    omics = _draw_omics(feature_genes, obs, patients, biology, rngs["omics"])
    profile = gene_effect.SelectiveProfile.draw(
        roles.selective, list(patients.programmes.columns), rngs["effects"]
    )
    is_line = assay.is_line(obs)
    lines, tumors = obs[is_line], obs[~is_line]
    effects = gene_effect.draw_effects(
        roles, profile, patients, biology, pd.Index(lines["patient_id"]), rngs["effects"]
    )
    universe = list(dict.fromkeys([*roles.all, *feature_genes[Omic.EXPRESSION]]))
    cell_lines, of_tumors = _samples(omics, (lines, tumors), rngs["samples"])
    cohort = Cohort(
        cell_lines=cell_lines,
        tumors=of_tumors,
        gene_effect=GeneEffect(
            gene_effect.screen(effects, lines, settings.unscreened, rngs["effects"]),
            GeneEffectKind.GENE_EFFECT,
        ),
        gene_sets=draw_gene_sets(
            settings.n_gene_sets, roles, profile, universe, biology, rngs["sets"]
        ),
    )
    return Simulation(cohort, Truth.of(roles, patients, obs))


def _draw_omics(
    feature_genes: dict[Omic, list[str]],
    obs: pd.DataFrame,
    patients: Patients,
    biology: Biology,
    rng: np.random.Generator,
) -> dict[Omic, pd.DataFrame]:
    mixture = assay.Mixture.draw(obs, rng)
    places = tissue.place_genes(feature_genes[Omic.COPY_NUMBER], biology, rng)
    copy_number = tissue.draw_copy_number(places, patients, biology, rng)
    mutations = tissue.draw_mutations(sorted(feature_genes[Omic.MUTATION]), patients, biology, rng)
    model = tissue.ExpressionModel.draw(
        sorted(feature_genes[Omic.EXPRESSION]), list(patients.latent.columns), biology, rng
    )
    expression = model.draw_expression(patients, copy_number, biology, rng)
    copy_number = assay.read_copy_number(copy_number, obs, mixture)
    probes = tissue.draw_probes(feature_genes[Omic.METHYLATION], rng).sort_index()
    methylation = tissue.draw_methylation(probes, patients, biology, rng)
    return {
        Omic.MUTATION: assay.read_mutations(mutations, obs, mixture, rng),
        Omic.EXPRESSION: assay.read_expression(expression, model, obs, mixture, biology, rng),
        Omic.METHYLATION: assay.read_methylation(methylation, obs, mixture, rng),
        Omic.COPY_NUMBER: copy_number,
    }


def _samples(
    omics: dict[Omic, pd.DataFrame], obs_of_each: Sequence[pd.DataFrame], rng: np.random.Generator
) -> list[Samples]:
    """Part the tables, which leave ``omics`` one by one: two copies of all would be too much."""
    keeps = [assay.draw_kept(list(omics), obs, rng) for obs in obs_of_each]
    parted: list[dict[Omic, pd.DataFrame]] = [{} for _ in keeps]
    for omic in list(omics):
        table = omics.pop(omic)
        for kept, tables in zip(keeps, parted, strict=True):
            tables[omic] = table.loc[kept.index[kept[omic]]]
    return [
        Samples(tables, obs, units={o: DEFAULT_UNITS[o] for o in tables}, simulated=True)
        for tables, obs in zip(parted, obs_of_each, strict=True)
    ]
