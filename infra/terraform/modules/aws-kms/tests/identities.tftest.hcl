# Who may be the service, and what is made around it.

mock_provider "aws" {
  source = "./tests/account"
}

variables {
  name = "signing"
}

run "policy_alone" {
  command = apply

  assert {
    condition     = length(aws_iam_role.this) == 0 && output.role_arn == null && !can(output.settings.RoleArn)
    error_message = "A role was made for nobody."
  }
}

run "service_account" {
  command = apply

  variables {
    oidc = {
      provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABCD"
      subjects     = ["system:serviceaccount:identity:keyservice"]
    }
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:security"
    vpc_endpoint = {
      vpc_id                    = "vpc-1"
      subnet_ids                = ["subnet-1", "subnet-2"]
      client_security_group_ids = ["sg-1"]
    }
  }

  assert {
    condition = jsondecode(aws_iam_role.this[0].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRoleWithWebIdentity"]
      Principal = { Federated = ["arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABCD"] }
      Condition = { StringEquals = {
        "oidc.eks.eu-west-1.amazonaws.com/id/ABCD:aud" = ["sts.amazonaws.com"]
        "oidc.eks.eu-west-1.amazonaws.com/id/ABCD:sub" = ["system:serviceaccount:identity:keyservice"]
      } }
    }]
    error_message = "Other service accounts may have the role."
  }

  assert {
    condition     = !can(output.settings.RoleArn)
    error_message = "A pod that has the role would assume it again."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.kms[0].policy).Statement[0].Condition.ArnEquals["aws:PrincipalArn"] == ["arn:aws:iam::111122223333:role/signing"]
    error_message = "Others may come through the endpoint."
  }

  assert {
    condition     = contains(jsondecode(aws_cloudwatch_event_rule.this["changed-by-others"].event_pattern).detail.eventName, "ScheduleKeyDeletion") && aws_cloudwatch_event_target.this["refused"].arn == var.alarm_topic_arn
    error_message = "Nobody is told when a key is destroyed."
  }
}

run "pod_identity" {
  command = apply

  variables {
    pod_identity = true
  }

  assert {
    condition     = jsondecode(aws_iam_role.this[0].assume_role_policy).Statement[0].Principal == { Service = ["pods.eks.amazonaws.com"] } && !can(output.settings.RoleArn)
    error_message = "The cluster's agent cannot hand the role over."
  }
}
