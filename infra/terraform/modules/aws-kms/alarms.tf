locals {
  # CloudTrail's events name keys by ID and tell no tags, so the first is about every key of the account in this Region.
  alarms = var.alarm_topic_arn == null ? {} : {
    changed-by-others = {
      description = "Someone other than KeyService ${var.name} changed a KMS key"
      detail = jsonencode({
        eventSource = ["kms.amazonaws.com"]
        eventName = [
          "CancelKeyDeletion", "CreateGrant", "DeleteAlias", "DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias",
        ]
        "$or" = [
          { userIdentity = { sessionContext = { sessionIssuer = { arn = [{ anything-but = [aws_iam_role.this[0].arn] }] } } } },
          { userIdentity = { sessionContext = { sessionIssuer = { arn = [{ exists = false }] } } } }, # users, and root
        ]
      })
    }
    # The service backs off and its own metrics tell; this is for who does not scrape them.
    refused = {
      description = "KMS throttled or denied a change that KeyService ${var.name} asked for"
      detail = jsonencode({
        eventSource  = ["kms.amazonaws.com"]
        errorCode    = ["AccessDenied", "AccessDeniedException", "LimitExceededException", "ThrottlingException"]
        userIdentity = { sessionContext = { sessionIssuer = { arn = [aws_iam_role.this[0].arn] } } }
      })
    }
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.alarms

  name        = "${var.name}-kms-${each.key}"
  description = each.value.description
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.kms"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail      = jsondecode(each.value.detail) # of two shapes, which a map cannot hold but as text
  })
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.alarms

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = var.alarm_topic_arn
}
