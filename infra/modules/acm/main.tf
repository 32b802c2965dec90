# A certificate that ACM issues once the zone holds the records it asks for, and renews for as long as they stay.

resource "aws_acm_certificate" "this" {
  domain_name               = var.domain_name
  subject_alternative_names = [for name in var.further_names : "${name}.${var.domain_name}"]
  validation_method         = "DNS"
  tags                      = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = { for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option }

  zone_id         = var.zone_id
  name            = each.value.resource_record_name
  type            = each.value.resource_record_type
  records         = [each.value.resource_record_value]
  ttl             = 60
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}
