"""A certificate authority of the test's own."""
import subprocess


class Authority:
    """Makes a CA in a folder, and certificates that it signs."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key, self.certificate = folder / f"{name}.key", folder / f"{name}.pem"
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN=Test {name}",
                 "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", self.key, "-out", self.certificate)

    @staticmethod
    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)

    def sign(self, name, addresses):
        """A certificate and its key for addresses such as DNS:localhost; the two paths."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate, extensions = self.folder / f"{name}.pem", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={addresses}\n")
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self.run("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                 "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key
