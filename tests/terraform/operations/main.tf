# What watches, tells, names and scales, after the examples of the provider's documentation: topics, rules and targets, alarms of each kind, a dashboard,
# zones and records of several types, a certificate with its validation, scaling targets with policies and schedules.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 6.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "revision" {
  type    = number
  default = 1
}

locals {
  domain = "foreign.example.net"
}

resource "aws_sns_topic" "user_updates" {
  name         = "user-updates-topic"
  display_name = "revision ${var.revision}"
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "Events"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.user_updates.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "default" {
  arn    = aws_sns_topic.user_updates.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_cloudwatch_event_rule" "console" {
  name          = "capture-aws-sign-in"
  description   = "revision ${var.revision}"
  event_pattern = jsonencode({ "detail-type" = ["AWS Console Sign In via CloudTrail"] })
}

resource "aws_cloudwatch_event_rule" "every_five_minutes" {
  name                = "every-five-minutes"
  schedule_expression = var.revision > 1 ? "rate(10 minutes)" : "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "sns" {
  rule       = aws_cloudwatch_event_rule.console.name
  target_id  = "SendToSNS"
  arn        = aws_sns_topic.user_updates.arn
  depends_on = [aws_sns_topic_policy.default]

  input_transformer {
    input_paths    = { source = "$.source" }
    input_template = "\"signed in by <source>, revision ${var.revision}\""
  }
}

resource "aws_cloudwatch_metric_alarm" "foobar" {
  alarm_name                = "terraform-test-foobar5"
  comparison_operator       = "GreaterThanOrEqualToThreshold"
  evaluation_periods        = 2
  metric_name               = "CPUUtilization"
  namespace                 = "AWS/EC2"
  period                    = 120
  statistic                 = "Average"
  threshold                 = 79 + var.revision
  alarm_description         = "This metric monitors ec2 cpu utilization"
  insufficient_data_actions = []
}

resource "aws_cloudwatch_metric_alarm" "expression" {
  alarm_name          = "terraform-test-expression"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 2
  threshold           = 10
  alarm_actions       = [aws_sns_topic.user_updates.arn]

  metric_query {
    id          = "e1"
    expression  = "m2/m1*100"
    label       = "Error Rate ${var.revision}"
    return_data = true
  }

  metric_query {
    id = "m1"

    metric {
      metric_name = "RequestCount"
      namespace   = "AWS/ApplicationELB"
      period      = 120
      stat        = "Sum"
      unit        = "Count"
      dimensions  = { LoadBalancer = "app/web" }
    }
  }

  metric_query {
    id = "m2"

    metric {
      metric_name = "HTTPCode_ELB_5XX_Count"
      namespace   = "AWS/ApplicationELB"
      period      = 120
      stat        = "Sum"
      unit        = "Count"
      dimensions  = { LoadBalancer = "app/web" }
    }
  }
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = "my-dashboard"

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 6
        properties = {
          metrics = [["AWS/EC2", "CPUUtilization", "InstanceId", "i-012345"]]
          period  = 300
          stat    = "Average"
          region  = "us-east-1"
          title   = "EC2 Instance CPU"
        }
      },
      {
        type       = "text"
        x          = 0
        y          = 7
        width      = 3
        height     = 3
        properties = { markdown = "Hello world ${var.revision}" }
      },
    ]
  })
}

resource "aws_route53_zone" "main" {
  name    = local.domain
  comment = "revision ${var.revision}"
}

resource "aws_route53_zone" "dev" {
  name          = "dev.${local.domain}"
  force_destroy = true
}

resource "aws_route53_record" "dev_ns" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "dev.${local.domain}"
  type    = "NS"
  ttl     = 30
  records = aws_route53_zone.dev.name_servers
}

resource "aws_route53_record" "www" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "www.${local.domain}"
  type    = "A"
  ttl     = 299 + var.revision
  records = ["192.0.2.10", "192.0.2.11"]
}

resource "aws_route53_record" "text" {
  zone_id = aws_route53_zone.main.zone_id
  name    = local.domain
  type    = "TXT"
  ttl     = 300
  records = ["v=spf1 -all", "revision ${var.revision}"]
}

resource "aws_route53_record" "weighted" {
  for_each = { dev = 10, live = 90 }

  zone_id        = aws_route53_zone.main.zone_id
  name           = "app"
  type           = "CNAME"
  ttl            = 5
  set_identifier = each.key
  records        = ["${each.key}.example.com"]

  weighted_routing_policy {
    weight = each.value + var.revision - 1
  }
}

resource "aws_acm_certificate" "cert" {
  domain_name       = local.domain
  validation_method = "DNS"
  tags              = { Environment = "test-${var.revision}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    for option in aws_acm_certificate.cert.domain_validation_options : option.domain_name => option
  }

  allow_overwrite = true
  name            = each.value.resource_record_name
  records         = [each.value.resource_record_value]
  ttl             = 60
  type            = each.value.resource_record_type
  zone_id         = aws_route53_zone.main.zone_id
}

resource "aws_acm_certificate_validation" "cert" {
  certificate_arn         = aws_acm_certificate.cert.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_ecs_cluster" "example" {
  name = "operations"
}

resource "aws_ecs_task_definition" "example" {
  family                   = "operations"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions    = jsonencode([{ name = "app", image = "registry.example.com/app:1", essential = true }])
}

resource "aws_vpc" "example" {
  cidr_block = "192.168.0.0/24"
}

resource "aws_subnet" "example" {
  vpc_id     = aws_vpc.example.id
  cidr_block = "192.168.0.0/26"
}

resource "aws_ecs_service" "example" {
  name            = "scaled"
  cluster         = aws_ecs_cluster.example.id
  task_definition = aws_ecs_task_definition.example.arn
  launch_type     = "FARGATE"
  desired_count   = 0

  network_configuration {
    subnets = [aws_subnet.example.id]
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "ecs_target" {
  min_capacity       = 0
  max_capacity       = 1 + var.revision
  resource_id        = "service/${aws_ecs_cluster.example.name}/${aws_ecs_service.example.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  service_namespace  = "ecs"
}

resource "aws_appautoscaling_policy" "scale_down" {
  name               = "scale-down"
  policy_type        = "StepScaling"
  resource_id        = aws_appautoscaling_target.ecs_target.resource_id
  scalable_dimension = aws_appautoscaling_target.ecs_target.scalable_dimension
  service_namespace  = aws_appautoscaling_target.ecs_target.service_namespace

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 59 + var.revision
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_upper_bound = 0
      scaling_adjustment          = -1
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "night" {
  name               = "night"
  service_namespace  = aws_appautoscaling_target.ecs_target.service_namespace
  resource_id        = aws_appautoscaling_target.ecs_target.resource_id
  scalable_dimension = aws_appautoscaling_target.ecs_target.scalable_dimension
  schedule           = "cron(0 ${2 + var.revision} * * ? *)"

  scalable_target_action {
    min_capacity = 0
    max_capacity = 0
  }
}

data "aws_iam_policy_document" "experiments" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["fis.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "experiments" {
  name               = "experiments"
  assume_role_policy = data.aws_iam_policy_document.experiments.json
}

resource "aws_fis_experiment_template" "half" {
  description = "half of the tasks, revision ${var.revision}"
  role_arn    = aws_iam_role.experiments.arn

  stop_condition {
    source = "aws:cloudwatch:alarm"
    value  = aws_cloudwatch_metric_alarm.foobar.arn
  }

  action {
    name      = "breathe"
    action_id = "aws:fis:wait"

    parameter {
      key   = "duration"
      value = var.revision > 1 ? "PT2M" : "PT1M"
    }
  }

  action {
    name        = "stop"
    action_id   = "aws:ecs:stop-task"
    description = "as if they had crashed"
    start_after = ["breathe"]

    target {
      key   = "Tasks"
      value = "half"
    }
  }

  target {
    name           = "half"
    resource_type  = "aws:ecs:task"
    selection_mode = "PERCENT(50)"

    parameters = {
      cluster = aws_ecs_cluster.example.name
      service = aws_ecs_service.example.name
    }
  }

  tags = {
    Name = "half"
  }
}
