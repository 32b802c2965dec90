# The load balancer: /api/* goes to the backend, the rest to the frontend; with TLS, port 80 only redirects to 443.

locals {
  groups = {
    frontend = { port = 3000 }
    backend  = { port = 3001 }
  }

  # The listener that serves; where TLS is on, the other one redirects to it.
  serving = one([for listener in concat(values(aws_lb_listener.https), var.tls ? [] : [aws_lb_listener.http]) : listener.arn])
}

resource "aws_lb" "this" {
  name                       = "${var.name}-alb"
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.subnet_ids
  security_groups            = [var.security_group_id]
  idle_timeout               = var.idle_timeout
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  tags                       = { Name = "${var.name}-alb" }
}

resource "aws_lb_target_group" "this" {
  for_each = local.groups

  name                 = "${var.name}-${each.key}"
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = each.value.port
  vpc_id               = var.vpc_id
  deregistration_delay = var.deregistration_delay

  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = var.tls ? "redirect" : "forward"
    target_group_arn = var.tls ? null : aws_lb_target_group.this["frontend"].arn

    dynamic "redirect" {
      for_each = var.tls ? [443] : []

      content {
        port        = tostring(redirect.value)
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  for_each = var.tls ? { https = 443 } : {}

  load_balancer_arn = aws_lb.this.arn
  port              = each.value
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["frontend"].arn
  }
}

resource "aws_lb_listener_rule" "api" {
  listener_arn = local.serving
  priority     = 10

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["backend"].arn
  }

  condition {
    path_pattern {
      values = ["/api/*"]
    }
  }
}
