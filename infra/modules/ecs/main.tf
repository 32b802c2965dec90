locals {
  parts = {
    frontend = {
      port         = 3000
      user         = "101"
      health_check = null
      environment  = {}
      secrets      = {}
    }
    backend = {
      port         = 3001
      user         = "10001"
      health_check = ["CMD", "/counselor-backend", "--health-check"]
      environment = merge(
        { ENVIRONMENT = var.environment },
        var.openai_base_url == null ? {} : { OPENAI_BASE_URL = var.openai_base_url },
        var.openai_ca_pem == null ? {} : { OPENAI_CA_PEM = var.openai_ca_pem },
      )
      secrets = var.openai_key_stored ? { OPENAI_API_KEY = var.openai_secret_arn } : {}
    }
  }
}

resource "aws_ecs_cluster" "this" {
  name = "${var.name}-cluster"

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = var.capacity_provider
    weight            = 1
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.parts

  # Old revisions stay, so that a service can be rolled back to them.
  skip_destroy             = true
  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  # Fargate knows no tmpfs; a volume of the task is what a read-only container may write to.
  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([merge(
    {
      name                   = each.key
      image                  = "${var.repository_urls[each.key]}:${var.image_tags[each.key]}"
      essential              = true
      user                   = each.value.user
      readonlyRootFilesystem = true
      linuxParameters        = { initProcessEnabled = false, capabilities = { add = [], drop = ["ALL"] } }
      portMappings           = [{ containerPort = each.value.port, hostPort = each.value.port, protocol = "tcp" }]
      mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
      environment            = [for name, value in each.value.environment : { name = name, value = value }]
      stopTimeout            = 30

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = var.log_group_name
          awslogs-region        = var.region
          awslogs-stream-prefix = each.key
        }
      }
    },
    length(each.value.secrets) == 0 ? {} : { secrets = [for name, arn in each.value.secrets : { name = name, valueFrom = arn }] },
    each.value.health_check == null ? {} : { healthCheck = { command = each.value.health_check, interval = 10, timeout = 5, retries = 3, startPeriod = 10 } },
  )])
}

resource "aws_ecs_service" "this" {
  for_each = local.parts

  name                               = "${var.name}-${each.key}"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this[each.key].arn
  desired_count                      = var.desired_count
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 30
  wait_for_steady_state              = true

  capacity_provider_strategy {
    capacity_provider = var.capacity_provider
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = var.target_group_arns[each.key]
    container_name   = each.key
    container_port   = each.value.port
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this]

  lifecycle {
    # A schedule or a policy may have changed it since.
    ignore_changes = [desired_count]
  }

  timeouts {
    create = "10m"
    update = "10m"
    delete = "10m"
  }
}
