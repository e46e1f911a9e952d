locals {
  settings = merge(
    {
      Type               = "AwsKms"
      Region             = local.region
      KeyTags            = local.key_tags
      DeletionWindowDays = var.deletion_window_days
      MultiRegion        = var.multi_region
    },
    local.assumes_role ? { RoleArn = aws_iam_role.this[0].arn } : {},
    var.kms_endpoint == null ? {} : { Endpoint = var.kms_endpoint },
    var.sts_endpoint == null ? {} : { StsEndpoint = var.sts_endpoint },
  )
}

output "settings" {
  description = "The provider's section of the settings of KeyService: what stands under Providers:<name>."
  value       = local.settings
}

output "settings_json" {
  description = "The same as JSON."
  value       = jsonencode(local.settings)
}

output "role_arn" {
  description = "ARN of the role; null where only the policy was made."
  value       = one(aws_iam_role.this[*].arn)
}

output "policy_arn" {
  description = "ARN of the policy, to be attached to an identity that exists."
  value       = aws_iam_policy.this.arn
}

output "policy_json" {
  description = "The policy itself."
  value       = local.policy_json
}

output "vpc_endpoint_id" {
  description = "ID of the VPC endpoint; null where none was made."
  value       = one(aws_vpc_endpoint.kms[*].id)
}
