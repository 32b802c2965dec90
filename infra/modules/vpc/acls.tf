# Stateless rules at the subnets' edges: what enters, and the ephemeral ports on which answers come back.

locals {
  public_in = {
    100 = { from = 80, to = 80, cidr = "0.0.0.0/0" }
    110 = { from = 443, to = 443, cidr = "0.0.0.0/0" }
    120 = { from = 1024, to = 65535, cidr = "0.0.0.0/0" }
  }
  private_in = {
    100 = { from = 3000, to = 3001, cidr = var.cidr }
    110 = { from = 1024, to = 65535, cidr = "0.0.0.0/0" }
  }
}

resource "aws_network_acl" "public" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.public : subnet.id]
  tags       = { Name = "${var.name}-public" }
}

resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
  tags       = { Name = "${var.name}-private" }
}

resource "aws_network_acl_rule" "public_in" {
  for_each = local.public_in

  network_acl_id = aws_network_acl.public.id
  rule_number    = each.key
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}

# What tasks send through the NAT gateway enters the public subnets from inside: TCP above, UDP (name resolution) here.
resource "aws_network_acl_rule" "public_in_udp" {
  network_acl_id = aws_network_acl.public.id
  rule_number    = 130
  egress         = false
  protocol       = "udp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 53
  to_port        = 65535
}

resource "aws_network_acl_rule" "public_out" {
  network_acl_id = aws_network_acl.public.id
  rule_number    = 100
  egress         = true
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
}

resource "aws_network_acl_rule" "private_in" {
  for_each = local.private_in

  network_acl_id = aws_network_acl.private.id
  rule_number    = each.key
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}

resource "aws_network_acl_rule" "private_in_udp" {
  network_acl_id = aws_network_acl.private.id
  rule_number    = 120
  egress         = false
  protocol       = "udp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 1024
  to_port        = 65535
}

resource "aws_network_acl_rule" "private_out" {
  network_acl_id = aws_network_acl.private.id
  rule_number    = 100
  egress         = true
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
}
