"""Every Terraform module says what it takes and gives: types, descriptions, validations that tell what to put, a README and tests."""
import pathlib
import re
import unittest

INFRA = pathlib.Path(__file__).resolve().parent.parent.parent / "infra"


def blocks(kind, path):
    return re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', path.read_text(encoding="utf-8"), re.S | re.M) if path.exists() else []


class Modules(unittest.TestCase):
    folders = [*sorted((INFRA / "modules").iterdir()), INFRA / "environments/shared"]

    def test_the_platforms_modules_are_there(self):
        wanted = {"vpc", "alb", "ecs", "ecr", "secrets", "cloudwatch", "route53", "acm", "iam", "autoscaling", "cloudtrail", "kms"}
        self.assertLessEqual(wanted, {folder.name for folder in self.folders})

    def test_each_has_a_readme_and_tests(self):
        for folder in self.folders[:-1]:
            with self.subTest(folder.name):
                self.assertTrue((folder / "README.md").exists())
                self.assertTrue(list((folder / "tests").glob("*.tftest.hcl")))

    def test_variables_are_typed_described_and_validated(self):
        for folder in self.folders:
            for name, body in blocks("variable", folder / "variables.tf"):
                with self.subTest(f"{folder.name}: {name}"):
                    kind = re.search(r"^  type\s*= (.*)$", body, re.M)
                    self.assertTrue(kind, "it has no type")
                    self.assertRegex(body, r'(?m)^  description = ".+\."$')
                    # A boolean's type is its validation.
                    if kind[1] != "bool":
                        self.assertRegex(body, r'error_message = "[A-Z].+[.!]"')

    def test_outputs_are_described(self):
        for folder in self.folders:
            for name, body in blocks("output", folder / "outputs.tf"):
                with self.subTest(f"{folder.name}: {name}"):
                    self.assertRegex(body, r'description = ".+"')

    def test_environments_differ_in_values_only(self):
        for environment in ("dev", "test", "prod"):
            for path in (INFRA / "environments" / environment).glob("*.tf"):
                with self.subTest(f"{environment}/{path.name}"):
                    if path.name not in ("backend_override.tf", "adopted.tf"):
                        self.assertEqual(path.resolve().parent.name, "shared")


if __name__ == "__main__":
    unittest.main()
