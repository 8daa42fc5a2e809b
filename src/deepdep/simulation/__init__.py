"""Cohorts with a known truth: simulated omics and gene effects, and what was planted in them."""

from deepdep.simulation.settings import DEEPDEP, DEMO, TINY, SimulationSettings
from deepdep.simulation.simulate import Simulation, Truth, simulate

__all__ = [
    "DEEPDEP",
    "DEMO",
    "TINY",
    "Simulation",
    "SimulationSettings",
    "Truth",
    "simulate",
]
