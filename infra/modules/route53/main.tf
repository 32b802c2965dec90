# The zone of the application's domain.

resource "aws_route53_zone" "this" {
  name          = var.domain_name
  comment       = "${var.name}: the application"
  force_destroy = var.force_destroy
}

# The domain and each further name lead to the load balancer.
resource "aws_route53_record" "alias" {
  for_each = toset(concat([var.domain_name], [for name in var.further_names : "${name}.${var.domain_name}"]))

  zone_id = aws_route53_zone.this.zone_id
  name    = each.key
  type    = "A"

  alias {
    name                   = var.load_balancer_name
    zone_id                = var.load_balancer_zone_id
    evaluate_target_health = true
  }
}
