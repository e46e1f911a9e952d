# What is refused, and by which variable. A run has many mistakes, since each run costs a second; no variable has two in one run.

mock_provider "aws" {
  source = "./tests/account"
}

variables {
  name = "signing"
}

run "malformed" {
  command = plan

  variables {
    name                 = "two words"
    pod_identity         = true
    permissions_boundary = "arn:aws:iam::111122223333:role/x"
    key_specs            = ["SYMMETRIC_DEFAULT"]
    key_tags             = { team = "a,b" }
    deletion_window_days = 6
    kms_endpoint         = "http://kms.example"
    sts_endpoint         = "http://sts.example"
    vpc_endpoint         = { vpc_id = "vpc-1", subnet_ids = [], client_security_group_ids = ["sg-1"] }
    alarm_topic_arn      = "arn:aws:sqs:eu-west-1:111122223333:queue"
  }

  expect_failures = [
    var.name, var.permissions_boundary, var.key_specs, var.key_tags, var.deletion_window_days, var.kms_endpoint,
    var.sts_endpoint, var.vpc_endpoint, var.alarm_topic_arn,
  ]
}

run "a_whole_account" {
  command = plan

  variables {
    trusted_arns         = ["arn:aws:iam::111122223333:root"]
    key_specs            = []
    deletion_window_days = 7.5
  }

  expect_failures = [var.trusted_arns, var.key_specs, var.deletion_window_days]
}

run "another_kind" {
  command = plan

  variables {
    oidc     = { provider_arn = "arn:aws:iam::111122223333:saml-provider/x", subjects = ["a"] }
    key_tags = { "keyservice:label" = "x" }
  }

  expect_failures = [var.oidc, var.key_tags]
}

run "every_service_account_and_too_many_tags" {
  command = plan

  variables {
    oidc     = { provider_arn = "arn:aws:iam::111122223333:oidc-provider/x", subjects = ["system:serviceaccount:*:*"] }
    key_tags = { for number in range(40) : "tag${number}" => "x" }
  }

  expect_failures = [var.oidc, var.key_tags]
}

run "two_identities" {
  command = plan

  variables {
    trusted_arns = ["arn:aws:iam::111122223333:role/nodes"]
    pod_identity = true
  }

  expect_failures = [var.trusted_arns]
}

run "no_identity" {
  command = plan

  variables {
    vpc_endpoint    = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], client_security_group_ids = ["sg-1"] }
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:security"
  }

  expect_failures = [var.vpc_endpoint, var.alarm_topic_arn]
}
