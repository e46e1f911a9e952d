locals {
  alarmed_actions = [
    "CancelKeyDeletion", "CreateGrant", "DeleteAlias", "DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias",
  ]
}

# CloudTrail's events name keys by ID and tell no tags, so these are about every key of the account in this Region.
resource "aws_cloudwatch_event_rule" "foreign_change" {
  count = var.alarm_topic_arn == null ? 0 : 1

  name        = "${var.name}-kms-changed-by-others"
  description = "Someone other than KeyService ${var.name} changed a KMS key"
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.kms"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail = {
      eventSource = ["kms.amazonaws.com"]
      eventName   = local.alarmed_actions
      "$or" = [
        { userIdentity = { sessionContext = { sessionIssuer = { arn = [{ anything-but = [aws_iam_role.this[0].arn] }] } } } },
        { userIdentity = { sessionContext = { sessionIssuer = { arn = [{ exists = false }] } } } }, # users, and root
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "foreign_change" {
  count = var.alarm_topic_arn == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.foreign_change[0].name
  arn  = var.alarm_topic_arn
}

# The service backs off and its own metrics tell; this is for who does not scrape them.
resource "aws_cloudwatch_event_rule" "refused" {
  count = var.alarm_topic_arn == null ? 0 : 1

  name        = "${var.name}-kms-refused"
  description = "KMS throttled or denied a change that KeyService ${var.name} asked for"
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.kms"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail = {
      eventSource  = ["kms.amazonaws.com"]
      errorCode    = ["AccessDenied", "AccessDeniedException", "LimitExceededException", "ThrottlingException"]
      userIdentity = { sessionContext = { sessionIssuer = { arn = [aws_iam_role.this[0].arn] } } }
    }
  })
}

resource "aws_cloudwatch_event_target" "refused" {
  count = var.alarm_topic_arn == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.refused[0].name
  arn  = var.alarm_topic_arn
}
