variable "region" {
  description = "The Region that holds the keys."
  type        = string
  default     = "eu-west-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "The Region must be the name of one, such as eu-west-1."
  }
}

variable "name" {
  description = "Name of the deployment."
  type        = string
  default     = "keyservice"
}

variable "trusted_arns" {
  description = "ARNs of the roles or users under which the service runs: they assume the role that signs."
  type        = list(string)
}

variable "kms_endpoint" {
  description = "URL of the KMS endpoint, where it is not the Region's own."
  type        = string
  default     = null
}

variable "sts_endpoint" {
  description = "URL of the STS endpoint, where it is not the Region's own."
  type        = string
  default     = null
}

variable "store" {
  description = "PostgreSQL for replicas, as the module postgres takes it. Null for one process with SQLite."
  type = object({
    host   = list(string)
    secret = object({ name = string, key = optional(string, "connection-string") })
  })
  default = null
}

variable "sqlite_path" {
  description = "The database file of a single process, on a disk that stays."
  type        = string
  default     = "/var/lib/keyservice/keyservice.db"

  validation {
    condition     = startswith(var.sqlite_path, "/")
    error_message = "The path must be absolute."
  }
}

variable "key_sets" {
  description = "Key sets to be made at the first start: the algorithms that each signs with, and its dates as the settings take them."
  type = map(object({
    algorithms       = optional(list(string), ["ES256"])
    propagation      = optional(string, "1h")
    maxTokenLifetime = optional(string, "1h")
    rotationPeriod   = optional(string, "90d")
    retention        = optional(string, "7d")
    clockSkew        = optional(string, "10s")
  }))
  default = { default = {} }

  validation {
    condition     = alltrue([for set in values(var.key_sets) : length(set.algorithms) > 0 && alltrue([for algorithm in set.algorithms : contains(["ES256", "ES384", "RS256", "PS256"], algorithm)])])
    error_message = "This example makes keys for ES256, ES384, RS256 and PS256."
  }
}
