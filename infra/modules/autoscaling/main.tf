# How many tasks run: more when they are busy, fewer when they are idle, none out of hours where a schedule says so.

resource "aws_appautoscaling_target" "this" {
  for_each = var.services

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster_name}/${each.value}"
  min_capacity       = var.min_capacity
  max_capacity       = var.max_capacity
}

locals {
  tracking = merge([
    for part, service in(var.target_tracking ? var.services : {}) : {
      "${part}-cpu"    = { part = part, metric = "ECSServiceAverageCPUUtilization", target = var.cpu_target }
      "${part}-memory" = { part = part, metric = "ECSServiceAverageMemoryUtilization", target = var.memory_target }
    }
  ]...)

  # Requests are counted by target group, so this metric alone names one.
  requests = var.target_tracking && var.requests_per_target != null ? var.target_groups : {}

  schedule = merge([
    for part, service in(var.schedule == null ? {} : var.services) : {
      "${part}-down" = { part = part, cron = try(var.schedule.down, ""), min = 0, max = 0 }
      "${part}-up"   = { part = part, cron = try(var.schedule.up, ""), min = var.min_capacity, max = var.max_capacity }
    }
  ]...)
}

resource "aws_appautoscaling_policy" "tracking" {
  for_each = local.tracking

  name               = "${var.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.value.part].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.value.part].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.value.part].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
    }
  }
}

resource "aws_appautoscaling_policy" "requests" {
  for_each = local.requests

  name               = "${var.name}-${each.key}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.requests_per_target
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${var.load_balancer}/${each.value}"
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = local.schedule

  name               = "${var.name}-${each.key}"
  service_namespace  = aws_appautoscaling_target.this[each.value.part].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.value.part].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.value.part].resource_id
  schedule           = "cron(${each.value.cron})"
  timezone           = var.schedule.timezone

  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = each.value.max
  }
}
