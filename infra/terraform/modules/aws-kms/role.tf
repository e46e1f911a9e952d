locals {
  # The service assumes the role by itself only where others do not hand it over.
  assumes_role = length(var.trusted_arns) > 0
  makes_role   = local.assumes_role || var.oidc != null || var.pod_identity

  oidc_issuer = var.oidc == null ? "" : split(":oidc-provider/", var.oidc.provider_arn)[1]

  trust = concat(
    !local.assumes_role ? [] : [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole"]
      Principal = { AWS = var.trusted_arns }
    }],
    var.oidc == null ? [] : [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRoleWithWebIdentity"]
      Principal = { Federated = [var.oidc.provider_arn] }
      Condition = {
        StringEquals = {
          "${local.oidc_issuer}:aud" = [var.oidc.audience]
          "${local.oidc_issuer}:sub" = var.oidc.subjects
        }
      }
    }],
    !var.pod_identity ? [] : [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"] # the agent tags the session with cluster, namespace and account
      Principal = { Service = ["pods.eks.amazonaws.com"] }
    }],
  )
}

resource "aws_iam_role" "this" {
  count = local.makes_role ? 1 : 0

  name                 = var.name
  description          = "KeyService ${var.name}"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = local.trust })
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

resource "aws_iam_role_policy_attachment" "this" {
  count = local.makes_role ? 1 : 0

  role       = aws_iam_role.this[0].name
  policy_arn = aws_iam_policy.this.arn
}
