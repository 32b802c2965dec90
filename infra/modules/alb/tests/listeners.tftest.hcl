# Which listener serves, and what the other one does. Offline: the provider is mocked.

mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/counselor-dev-alb/50dc6c495c0c9188"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/counselor-dev-alb/50dc6c495c0c9188/0467ef3c8400ae65"
    }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/counselor-dev-backend/73e2d6bc24d8a067"
    }
  }
}

variables {
  name              = "counselor-dev"
  vpc_id            = "vpc-0a1b2c3d4e5f60718"
  subnet_ids        = ["subnet-1", "subnet-2"]
  security_group_id = "sg-0a1b2c3d4e5f60718"
}

run "without_tls_port_80_serves" {
  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "forward" && length(aws_lb_listener.https) == 0
    error_message = "Port 80 forwards, and nothing listens on 443."
  }

  assert {
    condition     = output.listener_arn == aws_lb_listener.http.arn
    error_message = "The serving listener is that of port 80."
  }
}

run "with_tls_port_80_only_redirects" {
  variables {
    tls             = true
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301" && aws_lb_listener.http.default_action[0].redirect[0].port == "443"
    error_message = "Port 80 answers 301 to port 443."
  }

  assert {
    condition     = aws_lb_listener.https["https"].port == 443 && aws_lb_listener.https["https"].certificate_arn == var.certificate_arn
    error_message = "Port 443 serves the certificate."
  }
}

run "api_goes_to_the_backend" {
  assert {
    condition     = one(one(aws_lb_listener_rule.api.condition[*].path_pattern)).values == toset(["/api/*"])
    error_message = "The rule matches /api/*."
  }

  assert {
    condition     = { for part, group in aws_lb_target_group.this : part => group.port } == { frontend = 3000, backend = 3001 }
    error_message = "The groups' ports are 3000 and 3001."
  }

  assert {
    condition     = alltrue([for group in aws_lb_target_group.this : group.target_type == "ip" && group.health_check[0].path == "/health"])
    error_message = "Targets are addresses, asked GET /health."
  }
}

run "one_subnet_is_refused" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}
