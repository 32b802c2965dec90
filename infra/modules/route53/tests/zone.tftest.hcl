# The domain leads to the load balancer. Offline: the provider is mocked.

mock_provider "aws" {}

variables {
  name                  = "counselor-prod"
  domain_name           = "counselor.example.com"
  load_balancer_name    = "counselor-prod-alb-1.us-east-1.elb.amazonaws.com"
  load_balancer_zone_id = "Z35SXDOTRQ7X7K"
}

run "the_domain_and_www_are_aliases" {
  command = plan

  assert {
    condition     = toset(keys(aws_route53_record.alias)) == toset(["counselor.example.com", "www.counselor.example.com"])
    error_message = "The domain and www have a record each."
  }

  assert {
    condition     = alltrue([for record in aws_route53_record.alias : record.type == "A" && record.alias[0].name == var.load_balancer_name && record.alias[0].evaluate_target_health])
    error_message = "Each record is an alias of the load balancer."
  }
}

run "a_name_that_is_no_domain_is_refused" {
  command = plan

  variables {
    domain_name = "counselor.example.com."
  }

  expect_failures = [var.domain_name]
}
