"""`stratus backup` of a running daemon: the file is whole, and says so."""
import os
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from harness import ENDPOINT, ApiTest


def post(path):
    return urllib.request.urlopen(urllib.request.Request(ENDPOINT + path, method="POST", data=b""), timeout=30)


class Backup(ApiTest):
    def test_is_written_while_calls_go_on(self):
        self.client("iam").create_user(UserName="kept")
        with tempfile.TemporaryDirectory() as work:
            file = os.path.join(work, "a b.backup")
            self.assertEqual(post("/_stratus/backup?file=" + urllib.parse.quote(file, safe="")).status, 200)
            self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
            names = subprocess.run(["tar", "--zstd", "-tf", file], check=True, capture_output=True, text=True).stdout.split()
            self.assertEqual(names[0], "stratus-backup.json")
            self.assertEqual(names[-1], "checksums.json")
            self.assertIn("state.db", names)
            self.assertIn("master.key", names)

    def test_a_relative_path_is_refused(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            post("/_stratus/backup?file=here")
        self.assertEqual(caught.exception.code, 400)
        caught.exception.close()

    def test_a_directory_that_is_not_there_is_said(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            post("/_stratus/backup?file=/nowhere/at/all")
        self.assertEqual(caught.exception.code, 500)
        self.assertIn(b"/nowhere/at/all", caught.exception.read())
        caught.exception.close()
