"""Authorities, certificates and keys, made by the openssl command."""

import shutil
import subprocess
from pathlib import Path

import pytest

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl: there is no such command"
)


def openssl(*arguments: object, given: bytes = b"") -> bytes:
    """Run the command; what it writes."""
    command = [str(shutil.which("openssl")), *map(str, arguments)]
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


def make_certificates(directory: Path) -> None:
    """An authority, and what it signed for the broker and for a worker; another authority, which signed nothing."""
    for name in ("authority", "stranger"):
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", 2),
            *("-keyout", directory / f"{name}.key", "-out", directory / f"{name}.pem"),
        )
    extensions = directory / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("broker", "worker"):
        key, request, signed = (directory / f"{name}.{ending}" for ending in ("key", "request", "pem"))
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request
        )
        openssl(
            *("x509", "-req", "-in", request, "-CA", directory / "authority.pem", "-days", 2),
            *(
                "-CAkey",
                directory / "authority.key",
                "-CAcreateserial",
                "-extfile",
                extensions,
                "-out",
                signed,
            ),
        )
    both = (directory / "broker.key").read_text() + (directory / "broker.pem").read_text()
    (directory / "broker-store.pem").write_text(both)
