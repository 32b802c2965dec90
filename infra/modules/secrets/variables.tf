variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "recovery_window_days" {
  description = "Days for which a deleted secret can be restored; 0 deletes at once, so that the environment can be built again under the same name."
  type        = number
  default     = 7

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "The window must be 0, or between 7 and 30 days."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the secret; AWS's own key for secrets where it is null."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key, or nothing."
  }
}

variable "replica_regions" {
  description = "Regions that hold a copy of the secret."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for region in var.replica_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Give regions, such as [\"us-west-2\"]."
  }
}
