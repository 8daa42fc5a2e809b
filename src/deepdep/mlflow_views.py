"""Views of MLflow's pages, each the answer to a question, linked from an experiment's description.

MLflow keeps a view that someone shares as a tag of the experiment, and shows it where the address
names its key. These are such tags: columns, order, groups and charts are set up beforehand.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DESCRIPTION = "mlflow.note.content"
SHARED_VIEW = "mlflow.sharedViewState."  # MLflow's own prefix of such tags
MODELS = "params.model LIKE '%'"


@dataclass(frozen=True)
class View:
    """One page: which runs, in which order, with which columns and charts.

    Attributes
    ----------
    title
        The words of the link.
    runs
        MLflow's filter.
    metrics, params
        Columns, by name; runs are ordered by the first metric, the highest first.
    group_by
        A parameter over whose values metrics are averaged.
    parallel
        Metrics and parameters that are drawn as parallel coordinates.
    """

    title: str
    runs: str
    metrics: tuple[str, ...]
    params: tuple[str, ...]
    group_by: str | None = None
    parallel: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What MLflow's page reads."""
        columns = [f"metrics.`{name}`" for name in self.metrics]
        return {
            "searchFilter": self.runs,
            "orderByKey": columns[0],
            "orderByAsc": False,
            "selectedColumns": [*columns, *(f"params.`{name}`" for name in self.params)],
            "groupBy": f"param.average.{self.group_by}" if self.group_by else None,
            "groupsExpanded": {},
            "runsHiddenMode": "SHOW_ALL",  # MLflow draws but ten otherwise
            "useGroupedValuesInCharts": True,
            "compareRunCharts": [*map(_bars, self.metrics), *self._parallel_coordinates()],
            "compareRunSections": [
                {"uuid": "figures", "name": self.title, "display": True, "isReordered": False}
            ],
        }

    def _parallel_coordinates(self) -> list[dict[str, Any]]:
        if self.parallel is None:
            return []
        metrics, params = self.parallel
        return [
            _chart(
                "PARALLEL",
                "parallel",
                selectedMetrics=list(metrics),
                selectedParams=list(params),
                showAllRuns=True,
            )
        ]


def view_tag(key: str) -> str:
    """Name the tag of an experiment that holds a view."""
    return f"{SHARED_VIEW}{key}"


def experiment_tags(
    description: str, views: Mapping[str, View], experiment_id: str, others: Iterable[str] = ()
) -> dict[str, str]:
    """Return an experiment's tags: its views by key, and a description that links to them.

    ``others`` are the keys of views that it has already, to be linked to as well.
    """
    tags = {view_tag(key): json.dumps(view.state) for key, view in views.items()}
    links = [_links(key, experiment_id) for key in (*views, *others)]
    # One line: of more, the page shows none until it is asked to.
    return tags | {DESCRIPTION: f"{description} {'; '.join(links)}."}


def _links(key: str, experiment_id: str) -> str:
    page = f"#/experiments/{experiment_id}/runs?viewStateShareKey={key}"
    return f"{key}: [table]({page}), [charts]({page}&compareRunsMode=CHART)"


def _bars(metric: str) -> dict[str, Any]:
    return _chart("BAR", f"bars-{metric}", metricKey=metric)


def _chart(kind: str, name: str, **of_kind: str | bool | Sequence[str]) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": name,
        "deleted": False,
        "isGenerated": False,
        "metricSectionId": "figures",
        "runsCountToCompare": 50,
        **of_kind,
    }
