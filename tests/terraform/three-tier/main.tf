# A classic arrangement that shares nothing with ours: another range, three tiers in two zones, rules and routes written inside their groups and tables,
# an internal load balancer that answers by itself, and a service that runs nothing yet. `revision` changes one thing of each kind in place.

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
  zones = ["us-east-1a", "us-east-1b"]
  tiers = { web = 0, app = 1, data = 2 }
  subnets = merge([for tier, place in local.tiers : {
    for index, zone in local.zones : "${tier}-${index}" => { tier = tier, zone = zone, cidr = cidrsubnet("172.20.0.0/16", 8, place * 16 + index) }
  }]...)
  tags = { Owner = "team-${var.revision}" }
}

resource "aws_vpc" "main" {
  cidr_block           = "172.20.0.0/16"
  instance_tenancy     = "default"
  enable_dns_hostnames = var.revision > 1
  tags                 = merge(local.tags, { Name = "three-tier" })
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = local.tags
}

resource "aws_subnet" "tier" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.main.id
  availability_zone       = each.value.zone
  cidr_block              = each.value.cidr
  map_public_ip_on_launch = each.value.tier == "web" && var.revision > 1
  tags                    = { Name = each.key, Tier = each.value.tier }
}

resource "aws_eip" "nat" {
  domain = "vpc"
  tags   = local.tags
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.tier["web-0"].id
  tags          = local.tags
  depends_on    = [aws_internet_gateway.main]
}

resource "aws_route_table" "web" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table" "inner" {
  vpc_id = aws_vpc.main.id
  tags   = local.tags
}

resource "aws_route" "inner" {
  route_table_id         = aws_route_table.inner.id
  destination_cidr_block = var.revision > 1 ? "0.0.0.0/0" : "198.51.100.0/24"
  nat_gateway_id         = aws_nat_gateway.main.id
}

resource "aws_route_table_association" "tier" {
  for_each = { for name, subnet in local.subnets : name => subnet if subnet.tier != "data" }

  subnet_id      = aws_subnet.tier[each.key].id
  route_table_id = each.value.tier == "web" ? aws_route_table.web.id : aws_route_table.inner.id
}

resource "aws_network_acl" "data" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [for name, subnet in local.subnets : aws_subnet.tier[name].id if subnet.tier == "data"]

  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "172.20.0.0/16"
    from_port  = 5432
    to_port    = var.revision > 1 ? 5433 : 5432
  }

  ingress {
    rule_no    = 200
    protocol   = "icmp"
    action     = "deny"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
    icmp_type  = 8
    icmp_code  = -1
  }

  egress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    cidr_block = "172.20.0.0/16"
    from_port  = 0
    to_port    = 0
  }
}

resource "aws_security_group" "web" {
  name_prefix = "web-"
  description = "The world to the web tier"
  vpc_id      = aws_vpc.main.id

  ingress {
    description = "HTTP"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = var.revision > 1 ? ["0.0.0.0/0"] : ["192.0.2.0/24", "198.51.100.0/24"]
  }

  ingress {
    description = "itself"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    self        = true
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "data" {
  name        = "data"
  description = "The web tier to the data tier"
  vpc_id      = aws_vpc.main.id
  tags        = local.tags
}

resource "aws_security_group_rule" "data" {
  type                     = "ingress"
  description              = "PostgreSQL"
  from_port                = 5432
  to_port                  = 5432
  protocol                 = "tcp"
  security_group_id        = aws_security_group.data.id
  source_security_group_id = aws_security_group.web.id
}

resource "aws_lb" "inner" {
  name               = "three-tier-inner"
  internal           = true
  load_balancer_type = "application"
  subnets            = [aws_subnet.tier["app-0"].id, aws_subnet.tier["app-1"].id]
  security_groups    = [aws_security_group.web.id]
  idle_timeout       = var.revision > 1 ? 90 : 60
  tags               = local.tags
}

resource "aws_lb_target_group" "app" {
  name        = "three-tier-app"
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8080
  vpc_id      = aws_vpc.main.id

  health_check {
    path    = var.revision > 1 ? "/ready" : "/"
    matcher = "200-299"
  }

  stickiness {
    type            = "lb_cookie"
    cookie_duration = 3600
    enabled         = true
  }
}

resource "aws_lb_listener" "inner" {
  load_balancer_arn = aws_lb.inner.arn
  port              = 8000
  protocol          = "HTTP"

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "revision ${var.revision}"
      status_code  = "503"
    }
  }
}

resource "aws_lb_listener_rule" "app" {
  listener_arn = aws_lb_listener.inner.arn
  priority     = 50 + var.revision

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }

  condition {
    host_header {
      values = ["app.example.com"]
    }
  }

  condition {
    http_request_method {
      values = ["GET", "HEAD"]
    }
  }
}

resource "aws_kms_key" "logs" {
  description             = "revision ${var.revision}"
  deletion_window_in_days = 10
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/three-tier/app"
  retention_in_days = var.revision > 1 ? 90 : 30
  tags              = local.tags
}

resource "aws_ecs_cluster" "main" {
  name = "three-tier"
}

resource "aws_ecs_task_definition" "app" {
  family                   = "three-tier-app"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = var.revision > 1 ? 4096 : 2048
  container_definitions    = jsonencode([{ name = "app", image = "registry.example.com/app:${var.revision}", essential = true, portMappings = [{ containerPort = 8080 }] }])
}

resource "aws_ecs_service" "app" {
  name            = "app"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.app.arn
  launch_type     = "FARGATE"
  desired_count   = 0

  network_configuration {
    subnets         = [aws_subnet.tier["app-0"].id]
    security_groups = [aws_security_group.web.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.app.arn
    container_name   = "app"
    container_port   = 8080
  }

  depends_on = [aws_lb_listener_rule.app]
}
