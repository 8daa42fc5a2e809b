"""How every figure looks, and how it becomes the same bytes each time."""

import io
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from matplotlib.patheffects import withStroke

Parameters = ParamSpec("Parameters")

WIDTH = 7.2  # inches: two columns of a journal page
DPI = 180
LONGEST_NAME = 26

INK = "#222222"
SOFT = "#8a8a8a"
FAINT = "#d9d9d9"

# Okabe and Ito's palette, which colour-blind readers tell apart.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY = "#CC79A7", "#56B4E9"
MODEL_COLORS = {
    "predictor": BLUE,
    "ridge_expression": VERMILION,
    "ridge": ORANGE,
    "lineage_mean": GREEN,
    "gene_mean": SOFT,
}

# Twenty colours that stay farthest apart to normal, protan and deutan eyes: a greedy choice in
# CIELAB, with the two deficiencies simulated after Machado et al. 2009.
LINEAGE_COLORS = (
    "#0d78b5", "#e3b53b", "#a60d3b", "#69d4a6", "#e3b5f2", "#4a870d", "#871c78",
    "#2b4ab5", "#c48769", "#2b7869", "#b5c469", "#e35996", "#a687f2", "#783b0d",
    "#0db5c4", "#e3693b", "#8796d4", "#b54a3b", "#874a78", "#2bd487",
)  # fmt: skip

FONT = "DejaVu Sans"  # comes with matplotlib, so that machines agree

STYLE = {
    "font.family": FONT,
    "font.size": 7,
    "text.color": INK,
    "text.parse_math": False,  # names are not formulas
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlesize": 7.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.use_mathtext": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.frameon": False,
    "legend.fontsize": 6.5,
    "lines.linewidth": 1.2,
    "hatch.linewidth": 0.4,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def styled(draw: Callable[Parameters, Any]) -> Callable[Parameters, Any]:
    """Run a drawing function under our style alone, whatever the user's matplotlibrc says."""

    @wraps(draw)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
        with matplotlib.style.context(["default", STYLE]):
            return draw(*args, **kwargs)

    return drawn


@styled
def to_png(figure: Figure) -> bytes:
    """Return a figure as PNG, without a date or a version in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def new_figure(height: float) -> Figure:
    """Return an empty figure of the page's width; ``height`` in inches."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def letter(axes: Axes, name: str, *, x: float = 0.0) -> None:
    """Name a panel, left of its title."""
    axes.annotate(
        name,
        (x, 1),
        xytext=(-20, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9,
        fontweight="bold",
        annotation_clip=False,
    )


def legible(name: str) -> str:
    """Return a name that fits beside an axis: on one line, not endless, in letters we have."""
    known = _characters_of_the_font()
    plain = "".join(character if ord(character) in known else "?" for character in name)
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"


@cache
def _characters_of_the_font() -> frozenset[int]:
    return frozenset(FT2Font(findfont(FONT)).get_charmap())


def model_title(model: str) -> str:
    """Return a model's name as a reader would say it."""
    return model.replace("_", " ")


def halo(width: float = 1.6) -> list[withStroke]:
    """Return the white outline that keeps text readable on points."""
    return [withStroke(linewidth=width, foreground="white")]
