"""How large a simulated cohort is, and the sizes that have a name."""

from dataclasses import asdict, dataclass, replace

from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.settings import Settings

# What the planted facts need at least: a few carriers of each event, a few genes of each kind.
SMALLEST = {"n_tumors": 30, "n_cell_lines": 30, "n_genes": 40, "n_gene_sets": 40}
FEWEST_FEATURES = 40
LINES_PER_LINEAGE = 6  # fewer lines than that cannot be split by patient


@dataclass(frozen=True)
class SimulationSettings(Settings):
    """Numbers of samples, genes and features of a simulated cohort."""

    n_tumors: int
    n_cell_lines: int  # of about 0.84 times as many patients
    unscreened: float  # share of these, which have no gene effect
    n_genes: int  # with a gene effect
    n_features: dict[Omic, int]
    n_gene_sets: int

    def __post_init__(self) -> None:
        sizes = asdict(self)
        problems = [f"{s} is {sizes[s]}, at least {n}" for s, n in SMALLEST.items() if sizes[s] < n]
        problems += [
            f"{omic} features: {n}, at least {FEWEST_FEATURES}"
            for omic, n in self.n_features.items()
            if n < FEWEST_FEATURES
        ]
        if problems:
            raise DeepDEPError(f"simulation: {', '.join(problems)}. Ask for a larger cohort.")

    @property
    def n_lineages(self) -> int:
        """As many lineages as the cell lines can fill."""
        return max(4, self.n_cell_lines // LINES_PER_LINEAGE)

    def name(self, seed: int) -> str:
        """Name the cohort of these settings and a seed."""
        size = next((size for size, settings in SIZES.items() if settings == self), None)
        counts = f"of {self.n_tumors} tumours and {self.n_cell_lines} cell lines"
        return f"simulated {f'{size} cohort' if size else f'cohort {counts}'}, seed {seed}"

    @staticmethod
    def of_size(
        size: str,
        *,
        n_tumors: int | None = None,
        n_cell_lines: int | None = None,
        n_genes: int | None = None,
        n_expression: int | None = None,
    ) -> "SimulationSettings":
        """Return the settings of a named size, with what is given in place of its own numbers.

        Parameters
        ----------
        size
            ``tiny``, ``demo``, ``deepdep`` or ``depmap``.
        n_expression
            Number of expression features; the other omics keep their proportion to it.
        """
        if size not in SIZES:
            raise DeepDEPError(
                f"simulation: size {size!r} is not known. Use one of: {', '.join(SIZES)}."
            )
        settings = SIZES[size]
        scale = 1.0 if n_expression is None else n_expression / settings.n_features[Omic.EXPRESSION]
        return replace(
            settings,
            n_tumors=settings.n_tumors if n_tumors is None else n_tumors,
            n_cell_lines=settings.n_cell_lines if n_cell_lines is None else n_cell_lines,
            n_genes=settings.n_genes if n_genes is None else n_genes,
            n_features={omic: round(n * scale) for omic, n in settings.n_features.items()},
        )


def _by_omic(mutation: int, expression: int, methylation: int, copy_number: int) -> dict[Omic, int]:
    return {
        Omic.MUTATION: mutation,
        Omic.EXPRESSION: expression,
        Omic.METHYLATION: methylation,
        Omic.COPY_NUMBER: copy_number,
    }


# For tests: simulated within a second.
TINY = SimulationSettings(
    n_tumors=120,
    n_cell_lines=70,
    unscreened=0.08,
    n_genes=60,
    n_features=_by_omic(60, 160, 60, 70),
    n_gene_sets=80,
)

# The demo cohort of the repository: the whole pipeline within minutes on two cores.
DEMO = SimulationSettings(
    n_tumors=1_200,
    n_cell_lines=320,
    unscreened=0.08,
    n_genes=360,
    n_features=_by_omic(400, 1_000, 500, 600),
    n_gene_sets=300,
)

# The data DeepDEP was trained on (Chiu et al. 2021): 8,238 TCGA tumours, 278 cell lines of DepMap
# 18Q2, 1,298 genes of interest, 3,115 gene sets of MSigDB C2:CGP.
DEEPDEP = SimulationSettings(
    n_tumors=8_238,
    n_cell_lines=278,
    unscreened=0.08,
    n_genes=1_298,
    n_features=_by_omic(4_539, 6_016, 6_617, 7_460),
    n_gene_sets=3_115,
)

# What a user downloads today: DepMap's lines, two thirds of them screened, TCGA's tumours, and
# probes chosen of the 450k array.
DEPMAP = SimulationSettings(
    n_tumors=10_000,
    n_cell_lines=1_700,
    unscreened=550 / 1_700,
    n_genes=17_900,
    n_features=_by_omic(18_000, 19_000, 20_000, 24_000),
    n_gene_sets=3_400,
)

SIZES = {"tiny": TINY, "demo": DEMO, "deepdep": DEEPDEP, "depmap": DEPMAP}
