variable "environment" {
  description = "Name of the environment; part of every name."
  type        = string

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "The environment must be dev, test or prod."
  }
}

variable "target" {
  description = "Where the environment lives: aws, or local (Stratus on this machine)."
  type        = string
  default     = "local"

  validation {
    condition     = contains(["local", "aws"], var.target)
    error_message = "The target must be local or aws."
  }
}

variable "local_endpoint" {
  description = "Address of Stratus on target local."
  type        = string
  default     = "http://127.0.0.1:4566"
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "frontend_image_tag" {
  description = "Tag of the frontend's image."
  type        = string
}

variable "backend_image_tag" {
  description = "Tag of the backend's image."
  type        = string
}

variable "cpu" {
  description = "CPU units of each task."
  type        = number
}

variable "memory" {
  description = "Memory of each task in MiB."
  type        = number
}

variable "desired_count" {
  description = "Tasks of each service."
  type        = number
}

variable "spot" {
  description = "Whether tasks run on Fargate Spot."
  type        = bool
}

variable "single_zone" {
  description = "Whether tasks stay in the first availability zone."
  type        = bool
}

variable "nat_per_zone" {
  description = "Whether each zone has a NAT gateway of its own."
  type        = bool
}

variable "container_insights" {
  description = "Whether the cluster sends Container Insights."
  type        = bool
}

variable "log_retention_days" {
  description = "Days for which the containers' output is kept."
  type        = number
}

variable "disposable" {
  description = "Whether destroying the environment deletes images and secrets at once."
  type        = bool
}

variable "openai_key_stored" {
  description = "Whether Secrets Manager holds the model's key; scripts/deploy.sh knows."
  type        = bool
  default     = true
}
