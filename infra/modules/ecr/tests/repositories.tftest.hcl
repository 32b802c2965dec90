# Repositories, what they keep and who may read. Offline: the provider is mocked.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name = "counselor-dev"
}

run "tags_never_change_their_meaning" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "Tags are immutable, and images are scanned when they are pushed."
  }

  assert {
    condition     = toset([for repository in aws_ecr_repository.this : repository.name]) == toset(["counselor-dev-frontend", "counselor-dev-backend"])
    error_message = "One repository for each image."
  }

  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.this : jsondecode(policy.policy).rules[1].selection.countNumber == 20])
    error_message = "The twenty newest images stay."
  }
}

run "images_are_copied_only_where_a_region_is_named" {
  command = plan

  assert {
    condition     = length(aws_ecr_replication_configuration.this) == 0 && length(aws_ecr_repository_policy.readers) == 0
    error_message = "Without a region nothing is copied; without readers nobody else reads."
  }
}

run "a_copy_lies_in_the_other_region" {
  command = plan

  variables {
    replica_region = "us-west-2"
    reader_arns    = ["arn:aws:iam::123456789012:role/counselor-test-execution"]
  }

  assert {
    condition     = one(one(aws_ecr_replication_configuration.this["us-west-2"].replication_configuration[0].rule).repository_filter).filter == "counselor-dev-"
    error_message = "Only this environment's repositories are copied."
  }

  assert {
    condition     = alltrue([for policy in aws_ecr_repository_policy.readers : !strcontains(policy.policy, "ecr:Put") && strcontains(policy.policy, "counselor-test-execution")])
    error_message = "Readers pull, they do not push."
  }
}

run "keeping_one_image_is_refused" {
  command = plan

  variables {
    keep_images = 1
  }

  expect_failures = [var.keep_images]
}
