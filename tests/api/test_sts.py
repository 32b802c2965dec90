"""STS: who am I, and what is not mine."""
from harness import ApiTest


class WhoAmI(ApiTest):
    def test_the_account_is_the_key(self):
        self.assertEqual(self.client("sts").get_caller_identity()["Account"], self.account)

    def test_a_wrong_secret_is_refused(self):
        self.refused("SignatureDoesNotMatch", self.client("sts", secret="wrong").get_caller_identity, status=403)
