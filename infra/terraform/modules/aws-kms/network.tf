resource "aws_security_group" "endpoint" {
  count = var.vpc_endpoint == null ? 0 : 1

  name        = "${var.name}-kms"
  description = "KeyService ${var.name} to KMS"
  vpc_id      = var.vpc_endpoint.vpc_id
  tags        = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "endpoint" {
  for_each = var.vpc_endpoint == null ? toset([]) : toset(var.vpc_endpoint.client_security_group_ids)

  security_group_id            = aws_security_group.endpoint[0].id
  referenced_security_group_id = each.value
  description                  = "HTTPS"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = var.tags
}

resource "aws_vpc_endpoint" "kms" {
  count = var.vpc_endpoint == null ? 0 : 1

  vpc_id              = var.vpc_endpoint.vpc_id
  service_name        = "com.amazonaws.${local.region}.kms"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.vpc_endpoint.subnet_ids
  security_group_ids  = [aws_security_group.endpoint[0].id]
  private_dns_enabled = true # so that the settings need no endpoint
  tags                = var.tags

  # What the role may do is said once, in its policy. Here: who may come through.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["kms:*"]
      Resource  = ["*"]
      Principal = { AWS = ["*"] }
      Condition = { ArnEquals = { "aws:PrincipalArn" = [aws_iam_role.this[0].arn] } }
    }]
  })
}
