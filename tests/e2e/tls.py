"""What tests of TLS share: certificates, and servers in Python that speak it."""

import contextlib
import ssl
import subprocess

from servers import Client


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


def trusting(certificate):
    context = ssl.create_default_context(cafile=certificate[0])
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsClient(Client):
    """A Client over TLS. What it is told to send first leaves together with the end of its handshake (TLS 1.3): one write, and
    the server reads both at once."""

    def __init__(self, port, context):
        super().__init__(port)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                assert self.tls.version() == "TLSv1.3"
                return
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                self.incoming.write(self.socket.recv(1 << 16))

    def send(self, data):
        self.tls.write(data)
        self.socket.sendall(self.outgoing.read())
        return self

    def read_some(self):
        while True:
            try:
                data = self.tls.read(1 << 16)
                self.buffer += data
                return data
            except ssl.SSLWantReadError:
                self.incoming.write(self.socket.recv(1 << 16))
