"""A model, its features and its manifest, saved and loaded together: weights only."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

import numpy as np
import pandas as pd
from pydantic import Field, TypeAdapter, ValidationError

from deepdep.domain.features import FeatureSpace
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import TableName
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.documents import read_csv, read_indexed_csv, read_json, write_indexed_csv
from deepdep.io.features import (
    read_feature_space,
    read_translations,
    write_feature_space,
    write_translations,
)
from deepdep.io.files import new_path
from deepdep.io.gene_sets import read_gene_sets, write_gene_sets
from deepdep.io.manifest import RETRAIN, UNSAFE, check_manifest, write_manifest
from deepdep.io.tensors import SUFFIX, read_tensors, write_tensors
from deepdep.models.closed_form import (
    KERNEL,
    SINGLE_FEATURES,
    ClosedForm,
)
from deepdep.models.gene_scale import GeneScale
from deepdep.models.numpy_network import NumpyNetwork, weight_shapes
from deepdep.models.predictor import Network, TrainedPredictor
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.settings import Settings
from deepdep.statistics.conformal import LackFactors

if TYPE_CHECKING:
    import keras

SETTINGS = "settings.json"
ENCODER, NETWORK = "model", "network_{}"  # their weights; networks count from 1
OF_HDF5 = ".weights.h5"  # as earlier versions have them
HISTORY = "history.csv"
GENE_TRUST = "gene_trust.csv"
LACK_FACTORS = "interval_factors.csv"

MOST_NETWORKS = 100
MOST_LAYERS = 64  # one behind the other

# What a file of weights may take beyond its matrices: biases, norms and its own header.
MOST_RATIO, SPARE = 1.5, 4 << 20

Stored = TypeVar("Stored")


@dataclass(frozen=True)
class _StoredEncoder(Settings):
    """What an encoder's settings.json says."""

    omic: TableName
    encoder: EncoderSettings


@dataclass(frozen=True)
class _StoredPredictor(Settings):
    """What a predictor's settings.json says."""

    predictor: PredictorSettings
    encoders: dict[TableName, EncoderSettings]  # in the order of the input `measured`
    kind: GeneEffectKind
    n_networks: Annotated[int, Field(ge=0, le=MOST_NETWORKS)]
    network_share: Annotated[float, Field(ge=0, le=1)]
    half_width_per_sd: float


@dataclass(frozen=True)
class TrainedEncoder:
    """A pretrained encoder and the features it reads."""

    encoder: "keras.Model"
    settings: EncoderSettings
    features: FeatureSpace

    def copy(self, name: str) -> "keras.Model":
        """Return an encoder of the same weights, to be changed apart."""
        encoder = self.untrained(name)
        encoder.set_weights(self.encoder.get_weights())
        return encoder

    def untrained(self, name: str) -> "keras.Model":
        """Return an encoder of the same shape that has learned nothing."""
        return self.settings.build(len(self.features.table), name=name)


@dataclass(frozen=True)
class ClosedFormComposition:
    """What was chosen and found in fitting a closed form.

    Attributes
    ----------
    weights
        Of each table in how alike two samples are.
    filled
        The table that predicts best alone, which is filled where a sample lacks it; None in models
        of earlier formats, which fill each.
    single_features
        Columns ``gene``, ``omic``, ``feature`` and ``weight``, in effect per unit of the feature.
    """

    weights: Mapping[str, float]
    filled: str | None
    single_features: pd.DataFrame


@dataclass(frozen=True)
class Composition:
    """The parts of a predictor.

    Attributes
    ----------
    network_share
        How much of a prediction is the networks', from 0 to 1.
    closed_form
        None where nothing stands beside the networks.
    trusted
        Whether each screened gene can be trusted; None where no patient was left out.
    """

    n_networks: int
    network_share: float
    closed_form: ClosedFormComposition | None
    trusted: pd.Series | None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a predictor's folder; a model without a closed form or trust lacks their files."""
        settings = folder / SETTINGS
        trust = folder / GENE_TRUST
        n_networks, share = _fields(settings, "n_networks", "network_share")
        closed_form = None
        if (folder / KERNEL).exists():
            text = read_json(folder / KERNEL)
            if "width" in text:  # of a format before
                (weights,) = _fields(folder / KERNEL, "weights")
            else:
                (of_tables,) = _fields(folder / KERNEL, "tables")
                weights = {name: of_table["weight"] for name, of_table in of_tables.items()}
            single = read_csv(folder / SINGLE_FEATURES, ["gene", "omic", "name", "weight"])
            closed_form = ClosedFormComposition(
                weights={name: float(weight) for name, weight in weights.items()},
                filled=text.get("filled"),
                single_features=single.rename(columns={"name": "feature"}).astype(
                    {"weight": float}
                ),
            )
        return cls(
            n_networks=n_networks,
            network_share=share,
            closed_form=closed_form,
            trusted=read_indexed_csv(trust, ["trusted"])["trusted"] if trust.exists() else None,
        )


def save_encoder(trained: TrainedEncoder, omic: str, history: pd.DataFrame, folder: Path) -> None:
    """Write an encoder's folder, complete or not at all."""
    with new_path(folder) as path:
        path.mkdir()
        _write_json({"omic": omic, "encoder": asdict(trained.settings)}, path / SETTINGS)
        write_feature_space(trained.features, path / "features")
        _save_weights(trained.encoder, path / ENCODER)
        history.to_csv(path / HISTORY, index=False)
        write_manifest(path, "autoencoder")


def load_encoder(folder: Path) -> TrainedEncoder:
    """Load an encoder whose files are as its manifest says."""
    check_manifest(folder, "autoencoder")
    with _refused_where_damaged(folder):
        stored = _read_settings(folder, _StoredEncoder)
        features = read_feature_space(folder / "features")
        weights, n_features = _weights_at(folder / ENCODER), len(features.table)
        _require_layers(folder, [stored.encoder.widths])
        _require_size(weights, stored.encoder.n_bytes(n_features))
        encoder = stored.encoder.build(n_features, name=stored.omic)
        _load_weights(encoder, weights)
        return TrainedEncoder(encoder, stored.encoder, features)


def save_predictor(trained: TrainedPredictor, history: pd.DataFrame, folder: Path) -> None:
    """Write a predictor's folder, complete or not at all."""
    with new_path(folder) as path:
        path.mkdir()
        settings = {
            "predictor": asdict(trained.settings),
            "encoders": {omic: asdict(s) for omic, s in trained.encoder_settings.items()},
            "kind": trained.kind,
            "n_networks": len(trained.networks),
            "network_share": trained.network_share,
            "half_width_per_sd": trained.half_width_per_sd,
        }
        _write_json(settings, path / SETTINGS)
        for omic, space in trained.features.items():
            write_feature_space(space, path / f"features_{omic}")
        write_indexed_csv(trained.gene_scale.screened, path / "genes.csv", "gene")
        write_indexed_csv(trained.gene_scale.by_gene_set, path / "gene_set_weights.csv", "gene_set")
        write_gene_sets(trained.gene_sets, path / "gene_sets.gmt")
        write_translations(dict(trained.translations), path)
        if trained.gene_trust is not None:
            write_indexed_csv(trained.gene_trust, path / GENE_TRUST, "gene")
        if trained.lack_factors is not None:
            write_indexed_csv(trained.lack_factors.table, path / LACK_FACTORS, "omic")
        if trained.closed_form is not None:
            trained.closed_form.write(path)
        for number, network in enumerate(trained.networks, start=1):
            _save_weights(network, path / NETWORK.format(number))
        history.to_csv(path / HISTORY, index=False)
        write_manifest(path, "predictor")


def load_predictor(folder: Path, *, for_few: bool = False) -> TrainedPredictor:
    """Load a predictor whose files are as its manifest says.

    Parameters
    ----------
    for_few
        Its networks will see a few samples and genes, which NumPy computes before TensorFlow is
        loaded; the last bits of what they predict are others.
    """
    check_manifest(folder, "predictor")
    with _refused_where_damaged(folder):
        stored = _read_settings(folder, _StoredPredictor)
        features = {
            omic: read_feature_space(folder / f"features_{omic}") for omic in stored.encoders
        }
        gene_sets = read_gene_sets(folder / "gene_sets.gmt")
        trust, factors = folder / GENE_TRUST, folder / LACK_FACTORS
        return TrainedPredictor(
            networks=_load_networks(folder, stored, features, len(gene_sets), for_few=for_few),
            closed_form=ClosedForm.read(folder),
            network_share=stored.network_share,
            gene_trust=read_indexed_csv(trust) if trust.exists() else None,
            half_width_per_sd=stored.half_width_per_sd,
            settings=stored.predictor,
            encoder_settings=stored.encoders,
            features=features,
            gene_scale=GeneScale(
                read_indexed_csv(folder / "genes.csv"),
                read_indexed_csv(folder / "gene_set_weights.csv"),
            ),
            gene_sets=gene_sets,
            kind=stored.kind,
            translations=read_translations(folder),
            lack_factors=(
                LackFactors(read_indexed_csv(factors).rename(columns=float))
                if factors.exists()
                else None
            ),
        )


def _load_networks(
    folder: Path,
    stored: _StoredPredictor,
    features: Mapping[str, FeatureSpace],
    n_gene_sets: int,
    *,
    for_few: bool,
) -> tuple[Network, ...]:
    shape = stored.predictor
    chains = [shape.cell_widths, shape.gene_widths, shape.pair_widths]
    _require_layers(folder, [*chains, *(each.widths for each in stored.encoders.values())])
    n_features = {omic: len(space.table) for omic, space in features.items()}
    n_bytes = shape.n_bytes(n_features, stored.encoders, n_gene_sets)
    files = [_weights_at(folder / NETWORK.format(n + 1)) for n in range(stored.n_networks)]
    for weights in files:
        _require_size(weights, n_bytes)
    is_hdf5 = any(weights.name.endswith(OF_HDF5) for weights in files)
    if for_few and not is_hdf5 and NumpyNetwork.can_compute(stored.encoders):
        shapes = weight_shapes(shape, stored.encoders, n_features, n_gene_sets)
        return tuple(
            NumpyNetwork(_read_weights(weights, shapes), shape, stored.encoders)
            for weights in files
        )
    if not files:
        return ()

    from deepdep.models.network import build_predictor  # Keras, where there are networks

    networks = []
    for weights in files:
        encoders = {
            omic: fields.build(n_features[omic], name=str(omic))
            for omic, fields in stored.encoders.items()
        }
        networks.append(build_predictor(encoders, n_gene_sets, shape))
        _load_weights(networks[-1], weights)
    return tuple(networks)


def _write_json(content: Mapping[str, Any], target: Path) -> None:
    # Keys keep their order: the order of the encoders is that of the input `measured`.
    target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _read_settings(folder: Path, kind: type[Stored]) -> Stored:
    file = folder / SETTINGS
    try:
        return TypeAdapter(kind).validate_python(read_json(file))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadFileError(file, first["msg"], UNSAFE, where=where) from error


def layers_are_possible(chains: Iterable[Sequence[int]]) -> bool:
    """Whether layers have widths at all, and a number that a network may have."""
    return all(len(widths) <= MOST_LAYERS and min(widths, default=1) > 0 for widths in chains)


def fits(stored: int, matrices: int) -> bool:
    """Whether a file of ``stored`` bytes can be that of these matrices, and nothing much else."""
    return matrices <= stored <= MOST_RATIO * matrices + SPARE


def _require_layers(folder: Path, chains: list[tuple[int, ...]]) -> None:
    if not layers_are_possible(chains):
        raise BadFileError(folder / SETTINGS, "describes a network that cannot be", UNSAFE)


def _require_size(weights: Path, matrices: int) -> None:
    """Refuse weights of another size than the settings imply, before anything is allocated."""
    stored = weights.stat().st_size if weights.exists() else 0
    if not fits(stored, matrices):
        problem = f"has {stored:,} bytes, the network that {SETTINGS} describes {matrices:,}"
        raise BadFileError(weights, problem, UNSAFE)


@contextmanager
def _refused_where_damaged(folder: Path) -> Iterator[None]:
    """Turn whatever a reader trips over into one line: hashes say nothing of who made the files."""
    try:
        yield
    except DeepDEPError:
        raise
    except Exception as error:
        problem = f"its files do not make a model ({type(error).__name__}: {error})"
        raise BadFileError(folder, problem, RETRAIN) from error


def _weights_at(stem: Path) -> Path:
    old = Path(f"{stem}{OF_HDF5}")
    return old if old.exists() else Path(f"{stem}{SUFFIX}")


def _save_weights(model: "keras.Model", stem: Path) -> None:
    weights = {weight.path: np.asarray(weight.numpy()) for weight in model.weights}
    write_tensors(weights, Path(f"{stem}{SUFFIX}"))


def _load_weights(model: "keras.Model", file: Path) -> None:
    if file.name.endswith(OF_HDF5):
        try:
            model.load_weights(file)
        except (OSError, ValueError) as error:
            raise BadFileError(file, "does not fit the settings", RETRAIN) from error
        return
    shapes = {weight.path: tuple(weight.shape) for weight in model.weights}
    stored = _read_weights(file, shapes)
    model.set_weights([stored[name] for name in shapes])


def _read_weights(file: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    stored = read_tensors(file)
    found = {name: values.shape for name, values in stored.items()}
    if odd := sorted(dict(found.items() ^ shapes.items())):
        raise BadFileError(file, f"does not fit the settings: {shown(odd)}", RETRAIN)
    return stored


def _fields(source: Path, *names: str) -> list[Any]:
    content = read_json(source)
    missing = [name for name in names if name not in content]
    if missing:
        raise BadFileError(source, f"lacks {missing[0]!r}", "Run `dvc repro finetune`")
    return [content[name] for name in names]
