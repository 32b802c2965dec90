# The value never passes through Terraform: it is put by `aws secretsmanager put-secret-value` (scripts/deploy.sh does it), so that no plan
# and no state holds it.
resource "aws_secretsmanager_secret" "openai" {
  name                    = "${var.name}-openai-api-key"
  description             = "API key of the model that the counsellor asks; empty where there is none"
  recovery_window_in_days = var.recovery_window_days
}
