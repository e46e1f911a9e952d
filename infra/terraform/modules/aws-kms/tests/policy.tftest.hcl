# What the policy says, read from the JSON that is made. AWS alone evaluates its conditions.

mock_provider "aws" {
  source = "./tests/account"
}

variables {
  name                 = "signing"
  trusted_arns         = ["arn:aws:iam::111122223333:role/nodes"]
  key_specs            = ["RSA_3072", "ECC_NIST_P256"]
  key_tags             = { team = "identity" }
  deletion_window_days = 14
}

run "policy" {
  command = apply

  assert {
    condition = toset(flatten(jsondecode(output.policy_json).Statement[*].Action)) == toset([
      "kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:GetPublicKey", "kms:ListKeys",
      "kms:ListResourceTags", "kms:ScheduleKeyDeletion", "kms:Sign", "kms:TagResource",
    ])
    error_message = "The rights are not those that the service uses."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(output.policy_json).Statement : statement.Effect == "Allow" && !strcontains(join(" ", statement.Action), "*")])
    error_message = "Only single actions may be allowed."
  }

  assert {
    condition = { for statement in jsondecode(output.policy_json).Statement : statement.Sid => statement.Resource } == {
      FindKeys         = ["*"]
      ReadDescriptions = ["arn:aws:kms:eu-west-1:111122223333:key/*"]
      MakeKeys         = ["*"]
      TagNewKeys       = ["*"]
      NameKeys         = ["arn:aws:kms:eu-west-1:111122223333:alias/keyservice/*", "arn:aws:kms:eu-west-1:111122223333:alias/keyservice-doctor/*"]
      ReadPublicKeys   = ["arn:aws:kms:eu-west-1:111122223333:key/*"]
      UseKeys          = ["arn:aws:kms:eu-west-1:111122223333:key/*"]
      DestroyKeys      = ["arn:aws:kms:eu-west-1:111122223333:key/*"]
    }
    error_message = "A statement reaches further than it should."
  }

  assert {
    condition = one([for statement in jsondecode(output.policy_json).Statement : jsonencode(statement.Condition) if statement.Sid == "MakeKeys"]) == jsonencode({
      StringEquals = {
        "kms:KeySpec"                         = ["ECC_NIST_P256", "RSA_3072"]
        "kms:KeyUsage"                        = ["SIGN_VERIFY"]
        "kms:KeyOrigin"                       = ["AWS_KMS"]
        "aws:RequestTag/team"                 = ["identity"]
        "aws:RequestTag/KeyServiceDeployment" = ["signing"]
      }
      StringLike = { "aws:RequestTag/keyservice:label" = ["keyservice/*", "keyservice-doctor/*"] }
      Bool       = { "kms:MultiRegion" = ["false"] }
    })
    error_message = "Keys of another kind, or without their tags, could be made."
  }

  assert {
    condition = one([for statement in jsondecode(output.policy_json).Statement : jsonencode(statement.Condition) if statement.Sid == "TagNewKeys"]) == jsonencode({
      StringEquals = {
        "aws:RequestTag/team"                 = ["identity"]
        "aws:RequestTag/KeyServiceDeployment" = ["signing"]
      }
      StringLike                  = { "aws:RequestTag/keyservice:label" = ["keyservice/*", "keyservice-doctor/*"] }
      "ForAllValues:StringEquals" = { "aws:TagKeys" = ["KeyServiceDeployment", "keyservice:label", "team"] }
    })
    error_message = "Tags other than those of the service's keys could be put on."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policy_json).Statement :
      statement.Condition.StringEquals["aws:ResourceTag/KeyServiceDeployment"] == "signing" if contains(["UseKeys", "DestroyKeys"], statement.Sid)
    ])
    error_message = "Keys of others could be used."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policy_json).Statement : statement.Condition.NumericGreaterThanEquals["kms:ScheduleKeyDeletionPendingWindowInDays"]
      if statement.Sid == "DestroyKeys"
    ]) == "14"
    error_message = "Keys could be destroyed sooner than configured."
  }

  assert {
    condition     = aws_iam_policy.this.policy == output.policy_json && aws_iam_role_policy_attachment.this[0].policy_arn == output.policy_arn
    error_message = "The policy is not what the role has."
  }

  assert {
    condition = output.settings_json == jsonencode({
      Type               = "AwsKms"
      Region             = "eu-west-1"
      RoleArn            = "arn:aws:iam::111122223333:role/signing"
      KeyTags            = { team = "identity", KeyServiceDeployment = "signing" }
      DeletionWindowDays = 14
      MultiRegion        = false
    })
    error_message = "The settings are not those of the policy."
  }

  assert {
    condition = jsondecode(aws_iam_role.this[0].assume_role_policy).Statement == [{
      Effect = "Allow", Action = ["sts:AssumeRole"], Principal = { AWS = ["arn:aws:iam::111122223333:role/nodes"] }
    }]
    error_message = "Others may assume the role."
  }
}

run "multi_region" {
  command = plan

  variables {
    multi_region = true
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policy_json).Statement : statement.Condition.Bool["kms:MultiRegion"] if statement.Sid == "MakeKeys"
    ]) == ["true"] && contains(flatten(jsondecode(output.policy_json).Statement[*].Action), "iam:CreateServiceLinkedRole")
    error_message = "Multi-Region keys cannot be made."
  }
}
