"""What a file is, and what import would do with it."""

from deepdep.io.inspection.inspect import inspect_file
from deepdep.io.inspection.inspection import Inspection
from deepdep.io.inspection.options import InspectOptions
from deepdep.io.inspection.wording import lines_of

__all__ = ["InspectOptions", "Inspection", "inspect_file", "lines_of"]
