data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  region  = data.aws_region.current.id
  account = data.aws_caller_identity.current.account_id

  arn_prefix = "arn:${data.aws_partition.current.partition}:kms:${local.region}:${local.account}"
  keys       = "${local.arn_prefix}:key/*"

  # The service names aliases after its labels; the doctor's are apart, so that it never meets a key that signs.
  aliases = ["${local.arn_prefix}:alias/keyservice/*", "${local.arn_prefix}:alias/keyservice-doctor/*"]
  labels  = ["keyservice/*", "keyservice-doctor/*"]

  label_tag      = "keyservice:label"
  deployment_tag = "KeyServiceDeployment"
  key_tags       = merge(var.key_tags, { (local.deployment_tag) = var.name })

  # Of keys that exist: those that this deployment has made.
  own_keys = { StringEquals = { "aws:ResourceTag/${local.deployment_tag}" = var.name } }

  # Plain maps, so that the tests and whoever takes the policy elsewhere read what is written here.
  statements = concat([
    {
      # Keys are found by their tags, so it has to see those of each. Neither tells a secret.
      Sid      = "FindKeys"
      Effect   = "Allow"
      Action   = ["kms:ListKeys"]
      Resource = ["*"] # the action knows no resource
    },
    {
      Sid      = "ReadDescriptions"
      Effect   = "Allow"
      Action   = ["kms:DescribeKey", "kms:ListResourceTags"]
      Resource = [local.keys]
    },
    {
      Sid      = "MakeKeys"
      Effect   = "Allow"
      Action   = ["kms:CreateKey"]
      Resource = ["*"] # a key has no ARN before it is made
      Condition = {
        StringEquals = merge(
          { "kms:KeySpec" = sort(tolist(var.key_specs)), "kms:KeyUsage" = ["SIGN_VERIFY"], "kms:KeyOrigin" = ["AWS_KMS"] },
          { for name, value in local.key_tags : "aws:RequestTag/${name}" => [value] },
        )
        StringLike = { "aws:RequestTag/${local.label_tag}" = local.labels }
        Bool       = { "kms:MultiRegion" = [tostring(var.multi_region)] }
      }
    },
    {
      # Asked for with each creation that puts tags on. AWS has no condition that tells it from tagging a key that exists.
      Sid      = "TagNewKeys"
      Effect   = "Allow"
      Action   = ["kms:TagResource"]
      Resource = ["*"] # KMS takes no narrower one for a creation
      Condition = {
        StringEquals                = { for name, value in local.key_tags : "aws:RequestTag/${name}" => [value] }
        StringLike                  = { "aws:RequestTag/${local.label_tag}" = local.labels }
        "ForAllValues:StringEquals" = { "aws:TagKeys" = sort(concat(keys(local.key_tags), [local.label_tag])) }
      }
    },
    {
      # KMS wants both halves: the name, and the key that it leads to.
      Sid      = "NameKeys"
      Effect   = "Allow"
      Action   = ["kms:CreateAlias", "kms:DeleteAlias"]
      Resource = local.aliases
    },
    {
      # Of every deployment's keys: a search for orphans reads them all, and they are public.
      Sid       = "ReadPublicKeys"
      Effect    = "Allow"
      Action    = ["kms:GetPublicKey"]
      Resource  = [local.keys]
      Condition = { StringLike = { "aws:ResourceTag/${local.label_tag}" = local.labels } }
    },
    {
      Sid       = "UseKeys"
      Effect    = "Allow"
      Action    = ["kms:CreateAlias", "kms:DeleteAlias", "kms:DisableKey", "kms:Sign"]
      Resource  = [local.keys]
      Condition = local.own_keys
    },
    {
      Sid      = "DestroyKeys"
      Effect   = "Allow"
      Action   = ["kms:ScheduleKeyDeletion"]
      Resource = [local.keys]
      Condition = merge(local.own_keys, {
        NumericGreaterThanEquals = { "kms:ScheduleKeyDeletionPendingWindowInDays" = tostring(var.deletion_window_days) }
      })
      }], !var.multi_region ? [] : [{
      # KMS makes this role of its own with the account's first multi-Region key.
      Sid       = "SynchronizeKeys"
      Effect    = "Allow"
      Action    = ["iam:CreateServiceLinkedRole"]
      Resource  = ["arn:${data.aws_partition.current.partition}:iam::${local.account}:role/aws-service-role/mrk.kms.amazonaws.com/*"]
      Condition = { StringLike = { "iam:AWSServiceName" = "mrk.kms.amazonaws.com" } }
  }])

  policy_json = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_policy" "this" {
  name        = var.name
  description = "What KeyService ${var.name} does with KMS"
  policy      = local.policy_json
  tags        = var.tags
}
