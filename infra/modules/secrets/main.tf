# The value never passes through Terraform: it is put by `aws secretsmanager put-secret-value` (scripts/deploy.sh does it), so that no plan
# and no state holds it. Replicas follow whatever value is put.
resource "aws_secretsmanager_secret" "openai" {
  name                           = "${var.name}-openai-api-key"
  description                    = "API key of the model that the counsellor asks"
  kms_key_id                     = var.kms_key_arn
  recovery_window_in_days        = var.recovery_window_days
  force_overwrite_replica_secret = length(var.replica_regions) > 0

  dynamic "replica" {
    for_each = var.replica_regions

    content {
      region = replica.value
    }
  }
}
