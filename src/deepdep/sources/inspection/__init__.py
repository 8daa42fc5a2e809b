"""What was found out about a file: what its recognisers look at, and in which words."""

from deepdep.sources.inspection.found import Inspection, lines_of
from deepdep.sources.inspection.references import InspectOptions

__all__ = ["InspectOptions", "Inspection", "lines_of"]
