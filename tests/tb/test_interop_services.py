# SPDX-License-Identifier: Apache-2.0
"""The web server of the Linux guest, on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tb.interop_services import MOST_OCTETS, pattern, serve


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    four, six = serve(0)
    yield four.server_address[1]
    for server in (four, six):
        server.shutdown()
        server.server_close()


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    try:
        return response.status, response.read()
    finally:
        connection.close()


def test_pages(port: int) -> None:
    status, text = ask(port, "GET", "/")
    assert status == 200 and text.startswith(b"Linux ") and b"at 127.0.0.1, you are 127.0.0.1." in text
    for count in (0, 1, 70_000, 200_000):
        assert ask(port, "GET", f"/{count}") == (200, b"".join(pattern(count)))
    assert len(set(b"".join(pattern(70_000)))) == 256


def test_posted(port: int) -> None:
    body = b"".join(pattern(150_000))
    assert ask(port, "POST", "/", body) == (200, hashlib.sha256(body).hexdigest().encode() + b"\n")
    assert ask(port, "POST", "/", None, **{"Content-Length": "x"})[0] == 411


@pytest.mark.parametrize("path", ["/x", "/-1", "/1/2", f"/{MOST_OCTETS + 1}", "/../etc/passwd", "/" + "9" * 500])
def test_nothing_else(port: int, path: str) -> None:
    assert ask(port, "GET", path)[0] == 404
