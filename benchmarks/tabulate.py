"""Turns the JSON line of a benchmark of the pipeline into the tables of docs/benchmarks.md.

Usage: python benchmarks/real_pipeline.py | python benchmarks/tabulate.py
"""

import json
import sys

from deepdep.evaluation import markdown_tables

if __name__ == "__main__":
    print(markdown_tables(json.loads(sys.stdin.read().splitlines()[-1])))
