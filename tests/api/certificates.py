"""Keys and certificates for tests, made by openssl."""
import pathlib
import subprocess
import tempfile


def self_signed(name, days=30):
    """(certificate, key) of one host, PEM bytes."""
    with tempfile.TemporaryDirectory() as folder:
        where = pathlib.Path(folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName=DNS:{name}", "-keyout", where / "key", "-out", where / "crt"],
                       check=True, capture_output=True)
        return (where / "crt").read_bytes(), (where / "key").read_bytes()
