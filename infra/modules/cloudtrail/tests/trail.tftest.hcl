# The record of calls and the bucket that holds it. Offline: the provider is mocked.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::counselor-prod-trail-123456789012" }
  }
}

variables {
  name = "counselor-prod"
}

run "every_call_is_recorded" {
  assert {
    condition     = length(aws_cloudtrail.this.event_selector) == 0 && aws_cloudtrail.this.include_global_service_events && aws_cloudtrail.this.enable_log_file_validation
    error_message = "Reads and writes, of global services too, in files whose integrity can be checked."
  }
}

run "the_bucket_is_closed" {
  assert {
    condition     = aws_s3_bucket_public_access_block.trail.block_public_acls && aws_s3_bucket_public_access_block.trail.block_public_policy && aws_s3_bucket_public_access_block.trail.ignore_public_acls && aws_s3_bucket_public_access_block.trail.restrict_public_buckets
    error_message = "Nobody outside sees it."
  }

  assert {
    condition     = aws_s3_bucket_versioning.trail.versioning_configuration[0].status == "Enabled" && !aws_s3_bucket.trail.force_destroy
    error_message = "What was written stays."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.trail.rule).expiration[0].days == 90
    error_message = "The record is kept for ninety days unless told otherwise."
  }
}
