"""Requests that cannot be answered, each with its HTTP status."""

from deepdep.domain.errors import DeepDEPError

LONGEST = 800


class RequestError(DeepDEPError):
    """A request that is not as docs/serving.md describes it."""

    status = 400

    def __init__(self, problem: str) -> None:
        said = problem if problem.startswith("request: ") else f"request: {problem}"
        if len(said) > LONGEST:  # names may be of any length
            said = f"{said[: LONGEST // 2]} ... {said[-LONGEST // 2 :]}"
        super().__init__(said)


class TooLargeError(RequestError):
    """A request that would take too much memory or time."""

    status = 413


class UnknownContentError(RequestError):
    """A request in a format that is not read."""

    status = 415
