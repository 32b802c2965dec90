# The certificate and the records that prove the domain. Offline: the provider is mocked.

mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    }
  }
}

override_resource {
  target          = aws_acm_certificate.this
  override_during = plan
  values = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    domain_validation_options = [
      { domain_name = "counselor.example.com", resource_record_name = "_a.counselor.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
      { domain_name = "www.counselor.example.com", resource_record_name = "_c.www.counselor.example.com.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." },
    ]
  }
}

variables {
  name        = "counselor-prod"
  domain_name = "counselor.example.com"
  zone_id     = "Z0123456789ABCDEFGHIJ"
}

run "each_name_is_proved_by_its_own_record" {
  command = plan

  assert {
    condition     = { for domain, record in aws_route53_record.validation : domain => one(record.records) } == { "counselor.example.com" = "_b.acm-validations.aws.", "www.counselor.example.com" = "_d.acm-validations.aws." }
    error_message = "The zone holds the records that ACM asks for."
  }

  assert {
    condition     = aws_acm_certificate.this.validation_method == "DNS" && aws_acm_certificate.this.subject_alternative_names == toset(["www.counselor.example.com"])
    error_message = "The certificate covers www too, and is validated over DNS."
  }
}

run "a_domain_with_a_dot_at_its_end_is_refused" {
  command = plan

  variables {
    domain_name = "counselor.example.com."
  }

  expect_failures = [var.domain_name]
}
