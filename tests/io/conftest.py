"""Small good files in the layouts of all sources are written by good_files."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
