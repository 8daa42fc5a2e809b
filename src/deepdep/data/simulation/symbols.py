"""Symbols of human genes, by family."""

from importlib import resources


def gene_families() -> dict[str, tuple[str, ...]]:
    """Return the approved symbols of real genes in ``symbols.txt``, by family."""
    families: dict[str, tuple[str, ...]] = {}
    for line in _lines():
        if line.startswith("["):
            family = line.strip("[]")
            families[family] = ()
        else:
            families[family] += tuple(line.split())
    return families


def _lines() -> list[str]:
    text = resources.files(__package__).joinpath("symbols.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def placeholders(n: int) -> list[str]:
    """Return names for genes beyond the real symbols: SIM00001, SIM00002, ..."""
    return [f"SIM{number:05d}" for number in range(1, n + 1)]
