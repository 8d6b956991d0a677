from storekeeper.infra import telemetry


def test_secrets_are_taken_out_by_name():
    event = {
        "event": "x",
        "password": "p",
        "secret_access_key": "s",
        "Authorization": "Bearer t",
        "bucket": "photos",
    }
    assert telemetry.redact(None, "", event) == {
        "event": "x",
        "password": "[redacted]",
        "secret_access_key": "[redacted]",
        "Authorization": "[redacted]",
        "bucket": "photos",
    }


def test_secrets_are_taken_out_of_text():
    url = "https://h/b?X-Amz-Credential=AKIA/x&X-Amz-Signature=abcdef&x=1 postgresql://user:hunter2@db/x"
    shown = telemetry.redact(None, "", {"event": url, "url": url})
    for text in shown.values():
        assert "abcdef" not in text
        assert "hunter2" not in text
        assert "AKIA" not in text
        assert "x=1" in text


def test_metrics_are_openmetrics():
    telemetry.http_requests.labels("GET", "/x", "200").inc()
    text = telemetry.exposition().decode()
    assert 'storekeeper_http_requests_total{method="GET",route="/x",status="200"}' in text
    assert text.endswith("# EOF\n")
    assert "openmetrics-text" in telemetry.METRICS_CONTENT_TYPE
