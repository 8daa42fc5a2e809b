from deepdep.serving.metrics import Metrics

IDENTITY = {"name": 'a "b"', "version": None, "sha256": "ab12"}


def test_figures_are_in_the_format_of_prometheus():
    metrics = Metrics()
    for _ in range(4):
        metrics.begin()
    metrics.end("/invocations", 200, 0.02, is_prediction=True)
    metrics.end("/invocations", 200, 40.0, is_prediction=True)
    metrics.end("/health", 200, 0.001, is_prediction=False)
    metrics.n_samples += 7
    lines = metrics.text(IDENTITY).splitlines()
    assert 'deepdep_model_info{name="a \\"b\\"",version="",sha256="ab12"} 1' in lines
    assert 'deepdep_requests_total{path="/invocations",status="200"} 2' in lines
    assert 'deepdep_requests_total{path="/health",status="200"} 1' in lines
    assert "deepdep_requests_in_progress 1" in lines
    assert "deepdep_samples_predicted_total 7" in lines
    assert 'deepdep_prediction_seconds_bucket{le="0.01"} 0' in lines
    assert 'deepdep_prediction_seconds_bucket{le="0.03"} 1' in lines
    assert 'deepdep_prediction_seconds_bucket{le="30.0"} 1' in lines
    assert 'deepdep_prediction_seconds_bucket{le="+Inf"} 2' in lines
    assert "deepdep_prediction_seconds_sum 40.020000" in lines
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert typed == helped
    assert len(set(typed)) == 6
