# A place in another environment: its VPC with its NAT gateways, and rules on its load balancer's listener for a domain of one's own.

locals {
  groups = {
    frontend = { port = 3000, paths = [], priority = var.priority + 1 }
    backend  = { port = 3001, paths = ["/api/*"], priority = var.priority }
  }
}

data "aws_vpc" "host" {
  tags = { Name = "${var.host}-vpc" }
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.host.id]
  }

  tags = { Tier = "private" }
}

data "aws_security_group" "balancer" {
  name   = "${var.host}-alb"
  vpc_id = data.aws_vpc.host.id
}

data "aws_lb" "host" {
  name = "${var.host}-alb"
}

data "aws_lb_listener" "host" {
  load_balancer_arn = data.aws_lb.host.arn
  port              = var.tls ? 443 : 80
}

# Tasks have a group of their own: the host's tasks and these share subnets, and nothing else.
resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "Tasks: their ports, from the load balancer only"
  vpc_id      = data.aws_vpc.host.id
  tags        = { Name = "${var.name}-tasks" }
}

resource "aws_vpc_security_group_ingress_rule" "tasks" {
  for_each = local.groups

  security_group_id            = aws_security_group.tasks.id
  description                  = "${each.key} from the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = data.aws_security_group.balancer.id
}

resource "aws_vpc_security_group_egress_rule" "tasks" {
  security_group_id = aws_security_group.tasks.id
  description       = "everything out"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_lb_target_group" "this" {
  for_each = local.groups

  name                 = "${var.name}-${each.key}"
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = each.value.port
  vpc_id               = data.aws_vpc.host.id
  deregistration_delay = 30

  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each = local.groups

  listener_arn = data.aws_lb_listener.host.arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }

  condition {
    host_header {
      values = [var.domain_name, "www.${var.domain_name}"]
    }
  }

  dynamic "condition" {
    for_each = length(each.value.paths) > 0 ? [each.value.paths] : []

    content {
      path_pattern {
        values = condition.value
      }
    }
  }
}

resource "aws_lb_listener_certificate" "this" {
  for_each = toset(var.tls ? ["this"] : [])

  listener_arn    = data.aws_lb_listener.host.arn
  certificate_arn = var.certificate_arn
}
