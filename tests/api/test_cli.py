"""`stratus up` of a daemon of its own: it starts whole, or says what is in the way and leaves nothing running."""
import os
import shutil
import socket
import subprocess
import tempfile
import unittest


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Up(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="stratus-up-")  # its mode is 0700: nobody else may pass
        self.port = free_port()
        self.addCleanup(shutil.rmtree, self.work, True)

    def stratus(self, *words):
        return subprocess.run([os.environ["STRATUS_TEST_CLI"], "--state-dir", f"{self.work}/state", "--port", str(self.port), *words],
                              capture_output=True, text=True, timeout=90)

    def up(self):
        return self.stratus("up", "--", "--run-dir", f"{self.work}/run", "--tag", "tup", "--public-pool", "198.19.201.0/24", "--hosts-file",
                            f"{self.work}/hosts", "--host-dns", "")

    def test_what_would_work_by_half_is_not_started(self):
        refused = self.up()
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn(f"containers cannot pass through {self.work} (chmod o+x {self.work})", refused.stderr)
        self.assertIn("does not answer", self.stratus("status").stderr)
        os.chmod(self.work, 0o711)
        up = self.up()
        down = self.stratus("down", "--purge")
        self.assertEqual((up.returncode, up.stderr), (0, ""))
        self.assertEqual((down.returncode, down.stderr), (0, ""))
