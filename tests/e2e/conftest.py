"""Fixtures of the end-to-end tests."""

import pytest

from servers import Server
from tls import make_certificate


@pytest.fixture
def start_server():
    """Starts servers with options; each one must still be alive at the end of the test and end cleanly."""
    servers = []

    def start(*options):
        servers.append(Server(*options))
        return servers[-1]

    yield start
    for server in servers:
        code, errors = server.stop()
        assert code == server.expected_code, errors
        assert "Sanitizer" not in errors and "runtime error" not in errors, errors


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_server(start_server, certificate):
    return start_server("--tls-cert", certificate[0], "--tls-key", certificate[1])
