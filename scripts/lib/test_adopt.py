"""Errors as Terraform prints them, and what is made of them."""
import unittest

import adopt

OUTPUT = """
module.iam.aws_iam_role.execution: Creating...
\x1b[31m╷\x1b[0m\x1b[0m
\x1b[31m│\x1b[0m \x1b[1m\x1b[31mError: \x1b[0m\x1b[1mcreating IAM Role (counselor-dev-execution): operation error IAM: CreateRole, https response error StatusCode: 409, RequestID: 1, EntityAlreadyExists: Role with name counselor-dev-execution already exists.\x1b[0m
\x1b[31m│\x1b[0m
\x1b[31m│\x1b[0m   with module.iam.aws_iam_role.execution,
\x1b[31m│\x1b[0m   on ../../modules/iam/main.tf line 15, in resource "aws_iam_role" "execution":
\x1b[31m╵\x1b[0m
╷
│ Error: creating ECS Service (counselor-dev-backend): operation error ECS: CreateService, InvalidParameterException: Creation of service was not idempotent.
│
│   with module.ecs.aws_ecs_service.this["backend"],
│   on ../../modules/ecs/main.tf line 84
╵
╷
│ Error: creating CloudWatch Logs Log Group (/ecs/counselor-dev): AccessDeniedException: not allowed
│
│   with module.cloudwatch.aws_cloudwatch_log_group.tasks,
╵
"""


class Adopt(unittest.TestCase):
    def test_only_what_exists_is_taken(self):
        self.assertEqual([(address, kind, name) for address, kind, name, _ in adopt.errors(OUTPUT)], [
            ("module.iam.aws_iam_role.execution", "aws_iam_role", "counselor-dev-execution"),
            ('module.ecs.aws_ecs_service.this["backend"]', "aws_ecs_service", "counselor-dev-backend"),
        ])

    def test_names_become_the_ids_that_import_wants(self):
        lookup = adopt.Lookup(None)
        self.assertEqual(lookup.find("aws_iam_role", "counselor-dev-execution", ""), "counselor-dev-execution")
        self.assertEqual(lookup.find("aws_ecs_service", "counselor-dev-backend", ""), "counselor-dev-cluster/counselor-dev-backend")

    def test_an_unknown_kind_is_left_to_terraform(self):
        self.assertIsNone(adopt.Lookup(None).find("aws_vpc", "x", ""))

    def test_a_good_run_has_nothing_to_take(self):
        self.assertEqual(list(adopt.errors("Apply complete! Resources: 3 added")), [])


if __name__ == "__main__":
    unittest.main()
