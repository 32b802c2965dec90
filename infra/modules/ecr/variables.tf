variable "name" {
  description = "Prefix of every resource's name, \"<project>-<environment>\"."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "The name must be 3 to 21 lower-case letters, digits and hyphens, and begin with a letter: it becomes part of names that AWS limits to 32 characters."
  }
}

variable "parts" {
  description = "Parts of the application, each with a repository of its own."
  type        = set(string)
  default     = ["frontend", "backend"]
}

variable "keep_images" {
  description = "How many images each repository keeps."
  type        = number
  default     = 20

  validation {
    condition     = var.keep_images >= 2
    error_message = "Keep at least two images: one to run, one to roll back to."
  }
}

variable "force_delete" {
  description = "Whether destroying the environment may delete repositories with images in them."
  type        = bool
  default     = false
}
