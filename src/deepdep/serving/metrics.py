"""How a server fares, in the text that Prometheus reads: counts and times, and no name of a sample.

Apart from the application, which it stands around, so that refused requests count too.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # upper ends of the histogram
OTHER = "other"  # addresses that are none of ours; else a stranger could add to the list


class Metrics:
    """Counts of a server since it began."""

    def __init__(self) -> None:
        self.n_samples = 0  # that were predicted
        self._began = time.time()
        self._n_under_way = 0
        self._answers: Counter[tuple[str, int]] = Counter()  # by path and status
        self._n_within: Counter[float] = Counter()  # predictions by seconds
        self._seconds = 0.0
        self._n_predictions = 0

    def begin(self) -> None:
        """Count a request that is being answered."""
        self._n_under_way += 1

    def end(self, path: str, status: int, seconds: float, *, is_prediction: bool) -> None:
        """Count a request that was answered; the times are those of predictions alone."""
        self._n_under_way -= 1
        self._answers[path, status] += 1
        if is_prediction:
            self._n_predictions += 1
            self._seconds += seconds
            self._n_within.update(end for end in SECONDS if seconds <= end)

    def text(self, identity: Mapping[str, Any]) -> str:
        """Return the figures in Prometheus' text format."""
        labels = ",".join(f'{name}="{_label(value)}"' for name, value in identity.items())
        answers = [
            f'deepdep_requests_total{{path="{path}",status="{status}"}} {n}'
            for (path, status), n in sorted(self._answers.items())
        ]
        times = [
            f'deepdep_prediction_seconds_bucket{{le="{end}"}} {self._n_within[end]}'
            for end in SECONDS
        ]
        times.append(f'deepdep_prediction_seconds_bucket{{le="+Inf"}} {self._n_predictions}')
        times.append(f"deepdep_prediction_seconds_sum {self._seconds:.6f}")
        times.append(f"deepdep_prediction_seconds_count {self._n_predictions}")
        described = (
            ("deepdep_model_info", "gauge", "The model.", [f"deepdep_model_info{{{labels}}} 1"]),
            ("deepdep_requests_total", "counter", "Requests that were answered.", answers),
            ("deepdep_requests_in_progress", "gauge", "Requests under way.",
             [f"deepdep_requests_in_progress {self._n_under_way}"]),
            ("deepdep_samples_predicted_total", "counter", "Samples that were predicted.",
             [f"deepdep_samples_predicted_total {self.n_samples}"]),
            ("deepdep_prediction_seconds", "histogram", "Seconds of answered predictions.", times),
            ("process_start_time_seconds", "gauge", "Start, in seconds since the epoch.",
             [f"process_start_time_seconds {self._began:.3f}"]),
        )  # fmt: skip
        lines = []
        for name, kind, help_text, samples in described:
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}", *samples]
        return "\n".join(lines) + "\n"


class Counted:
    """Counts what an application answers."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, paths: Collection[str], predicting: str
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._paths = frozenset(paths)
        self._predicting = predicting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()  # 500 is what uvicorn answers after an error

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.begin()
        try:
            await self._app(scope, receive, noting)
        finally:
            path = scope["path"] if scope["path"] in self._paths else OTHER
            is_prediction = path == self._predicting and status == 200
            seconds = time.perf_counter() - began
            self._metrics.end(path, status, seconds, is_prediction=is_prediction)


def _label(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
