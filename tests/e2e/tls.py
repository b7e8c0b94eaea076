"""What tests of TLS share: certificates, and servers in Python that speak it."""

import contextlib
import ssl
import subprocess


def make_certificate(folder, names="DNS:localhost,IP:127.0.0.1"):
    """(certificate, key): PEM files, self-signed."""
    files = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                    "/CN=localhost", "-addext", f"subjectAltName={names}", "-keyout", files[1], "-out", files[0]],
                   check=True, capture_output=True)
    return files


def over_tls(talk, certificate, say_goodbye=True):
    """`talk` for a bad_server, over TLS. Without a goodbye the connection ends as if somebody had cut it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def secured(connection):
        with contextlib.suppress(ssl.SSLError):
            wrapped = context.wrap_socket(connection, server_side=True)
            talk(wrapped)
            if say_goodbye:
                wrapped.unwrap()
            wrapped.close()
    return secured
