# A repository for each image. A tag never changes its meaning, old images go, and a copy lies in another region where one is named.

data "aws_caller_identity" "current" {}

resource "aws_ecr_repository" "this" {
  for_each = var.parts

  name                 = "${var.name}-${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_delete

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = var.parts

  repository = aws_ecr_repository.this[each.key].name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Untagged images go after a day"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "The newest images stay"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}

# Other environments that run this one's images, each by the role that starts its tasks.
resource "aws_ecr_repository_policy" "readers" {
  for_each = length(var.reader_arns) > 0 ? var.parts : toset([])

  repository = aws_ecr_repository.this[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OtherEnvironmentsPull"
      Effect    = "Allow"
      Principal = { AWS = var.reader_arns }
      Action    = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]
  })
}

# A registry has one replication configuration; the environment that names a region owns it.
resource "aws_ecr_replication_configuration" "this" {
  for_each = toset(var.replica_region == null ? [] : [var.replica_region])

  replication_configuration {
    rule {
      destination {
        region      = each.key
        registry_id = data.aws_caller_identity.current.account_id
      }

      repository_filter {
        filter      = "${var.name}-"
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}
