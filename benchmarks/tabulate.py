"""Turns the JSON line of a road's benchmark into the tables of docs/benchmarks.md.

Usage: python benchmarks/real_road.py | python benchmarks/tabulate.py
"""

import json
import sys

from deepdep.evaluation.markdown import markdown_tables

if __name__ == "__main__":
    print(markdown_tables(json.loads(sys.stdin.read().splitlines()[-1])))
