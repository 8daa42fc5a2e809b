"""Cohorts with a known truth: simulated omics and gene effects, and what was planted in them."""

from deepdep.simulation.settings import DEEPDEP, DEMO, DEPMAP, TINY, SimulationSettings
from deepdep.simulation.simulate import Simulation, Truth, simulate

__all__ = [
    "DEEPDEP",
    "DEMO",
    "DEPMAP",
    "TINY",
    "Simulation",
    "SimulationSettings",
    "Truth",
    "simulate",
]
