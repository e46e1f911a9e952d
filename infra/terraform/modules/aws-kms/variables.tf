variable "name" {
  description = "Name of the deployment. Names the role and what else is made, and is the value of the tag by which the deployment's keys are known. Changing it locks the service out of the keys that it has."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$", var.name))
    error_message = "The name must be 1 to 48 letters, digits, underscores and hyphens, and begin with a letter or digit."
  }
}

variable "trusted_arns" {
  description = "ARNs of the roles or users that may assume the role. The service then assumes it by itself (RoleArn in its settings)."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "Each trusted ARN must be that of one role or user, such as arn:aws:iam::111122223333:role/nodes. A whole account or * would let others sign."
  }

  validation {
    condition     = length(compact([length(var.trusted_arns) > 0 ? "arns" : "", var.oidc == null ? "" : "oidc", var.pod_identity ? "pod" : ""])) <= 1
    error_message = "Only one of trusted_arns, oidc and pod_identity can be set. With none of them only the policy is made."
  }
}

variable "oidc" {
  description = "Workload identity by an OIDC provider of the account, such as IAM roles for service accounts on EKS: the provider's ARN, and exactly the subjects that may assume the role."
  type = object({
    provider_arn = string
    subjects     = list(string)
    audience     = optional(string, "sts.amazonaws.com")
  })
  default = null

  validation {
    condition     = var.oidc == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[^/].*$", var.oidc.provider_arn))
    error_message = "oidc.provider_arn must be the ARN of an OIDC provider, such as arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABCD."
  }

  validation {
    condition     = var.oidc == null || (length(try(var.oidc.subjects, [])) > 0 && alltrue([for subject in try(var.oidc.subjects, []) : can(regex("^[^*?\\s]+$", subject))]))
    error_message = "oidc.subjects must name at least one subject in full, such as system:serviceaccount:identity:keyservice."
  }
}

variable "pod_identity" {
  description = "Whether EKS Pod Identity may give the role to pods. Which pods, the cluster's pod identity association says."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role, where the organization demands one."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary))
    error_message = "The permissions boundary must be the ARN of a policy."
  }
}

variable "key_specs" {
  description = "The kinds of keys that the service may make, in the words of KMS: what its key sets sign with and no more."
  type        = set(string)
  default     = ["ECC_NIST_P256"]

  validation {
    condition = length(var.key_specs) > 0 && length(setsubtract(var.key_specs, [
      "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1",
      "ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87",
    ])) == 0
    error_message = "Each key spec must be one that KeyService signs with: RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, ECC_NIST_EDWARDS25519, ML_DSA_44, ML_DSA_65 or ML_DSA_87."
  }
}

variable "key_tags" {
  description = "Tags that each key gets besides those that the service and this module put on it."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.key_tags) <= 39 # the service takes 40, one is the deployment's
    error_message = "There can be at most 39 key tags."
  }

  validation {
    condition     = alltrue([for name, value in var.key_tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", name)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "Key tags must have names of 1 to 128 and values of at most 256 letters, digits, spaces or _.:/=+-@."
  }

  validation {
    condition     = alltrue([for name in keys(var.key_tags) : !can(regex("(?i)^(aws:|keyservice)", name))])
    error_message = "No key tag may begin with aws: or keyservice: those are put on by others."
  }
}

variable "deletion_window_days" {
  description = "Days that KMS keeps a destroyed key, in which it can be recovered. The role cannot choose fewer."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30 && floor(var.deletion_window_days) == var.deletion_window_days
    error_message = "The deletion window must be a whole number of days from 7 to 30."
  }
}

variable "multi_region" {
  description = "Whether new keys are multi-Region primary keys. The role cannot make the other kind, and cannot replicate."
  type        = bool
  default     = false
}

variable "kms_endpoint" {
  description = "URL of the KMS endpoint where it is not the Region's own: a FIPS endpoint, or a VPC endpoint without private DNS."
  type        = string
  default     = null

  validation {
    condition     = var.kms_endpoint == null || can(regex("^(https://[^/?#@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)/?$", var.kms_endpoint))
    error_message = "The KMS endpoint must be an https URL without path, or an http URL of a loopback address."
  }
}

variable "sts_endpoint" {
  description = "URL of the STS endpoint that gives the role, where it is not the Region's own. Matters with trusted_arns only."
  type        = string
  default     = null

  validation {
    condition     = var.sts_endpoint == null || can(regex("^(https://[^/?#@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)/?$", var.sts_endpoint))
    error_message = "The STS endpoint must be an https URL without path, or an http URL of a loopback address."
  }
}

variable "vpc_endpoint" {
  description = "Makes an interface endpoint for KMS with private DNS, open to the given security groups, and to the role and the deployment's calls alone. KMS of the VPC's other users needs another endpoint, or none with private DNS."
  type = object({
    vpc_id                    = string
    subnet_ids                = list(string)
    client_security_group_ids = list(string)
  })
  default = null

  validation {
    condition = var.vpc_endpoint == null || (
      can(regex("^vpc-", var.vpc_endpoint.vpc_id)) && length(try(var.vpc_endpoint.subnet_ids, [])) > 0 && length(try(var.vpc_endpoint.client_security_group_ids, [])) > 0
    )
    error_message = "vpc_endpoint needs the ID of a VPC, at least one subnet and at least one security group of the callers."
  }

  validation {
    condition     = var.vpc_endpoint == null || length(var.trusted_arns) > 0 || var.oidc != null || var.pod_identity
    error_message = "vpc_endpoint admits the role, so one of trusted_arns, oidc and pod_identity must be set."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of an SNS topic that is told when anyone but the role disables, deletes or otherwise changes a KMS key. Its policy must let events.amazonaws.com publish, and the account must have a CloudTrail trail with management events."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "The alarm topic must be the ARN of an SNS topic."
  }

  validation {
    condition     = var.alarm_topic_arn == null || length(var.trusted_arns) > 0 || var.oidc != null || var.pod_identity
    error_message = "The alarm spares the role, so one of trusted_arns, oidc and pod_identity must be set."
  }
}

variable "tags" {
  description = "Tags of what Terraform makes. Keys have key_tags."
  type        = map(string)
  default     = {}
}
