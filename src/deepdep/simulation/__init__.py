"""Cohorts with a known truth: simulated omics and gene effects, and what was planted in them."""

from deepdep.simulation.settings import DEEPDEP, DEMO, TINY, SimulationSettings, simulation_settings
from deepdep.simulation.simulate import Simulation, Truth, simulate, write_truth

__all__ = [
    "DEEPDEP",
    "DEMO",
    "TINY",
    "Simulation",
    "SimulationSettings",
    "Truth",
    "simulate",
    "simulation_settings",
    "write_truth",
]
