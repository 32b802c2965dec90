output "openai_secret_arn" {
  description = "ARN of the secret that holds the model's key."
  value       = aws_secretsmanager_secret.openai.arn
}
