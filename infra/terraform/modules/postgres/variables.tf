variable "host" {
  description = "Host name of the server, as its certificate has it. Several for a cluster: the one that takes writes is chosen."
  type        = list(string)

  validation {
    condition     = length(var.host) > 0 && alltrue([for host in var.host : can(regex("^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", host))])
    error_message = "There must be at least one host name."
  }
}

variable "port" {
  description = "Port of the server."
  type        = number
  default     = 5432

  validation {
    condition     = var.port >= 1 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "The port must be a number from 1 to 65535."
  }
}

variable "database" {
  description = "Name of the database."
  type        = string
  default     = "keyservice"

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_]{0,62}$", var.database))
    error_message = "The database must be 1 to 63 lower case letters, digits and underscores."
  }
}

variable "username" {
  description = "Role that owns the tables of the service. It needs no superuser's rights."
  type        = string
  default     = "keyservice"

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_]{0,62}$", var.username))
    error_message = "The user name must be 1 to 63 lower case letters, digits and underscores."
  }
}

variable "secret" {
  description = "Name and key of the Kubernetes secret that holds the whole connection string. Something else makes it, from connection_string_template and the password: what Terraform makes lies in its state."
  type = object({
    name = string
    key  = optional(string, "connection-string")
  })

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.secret.name)) && can(regex("^[A-Za-z0-9._-]{1,253}$", var.secret.key))
    error_message = "secret needs the name of a secret and a key in it."
  }
}

variable "root_certificate" {
  description = "Name and key of the config map with the PEM of the authority that the server's certificate comes from. Null where the system's roots know it."
  type = object({
    config_map = string
    key        = optional(string, "root.pem")
  })
  default = null

  validation {
    condition = var.root_certificate == null || try(
      can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.root_certificate.config_map)) && can(regex("^[A-Za-z0-9._-]{1,253}$", var.root_certificate.key)), false
    )
    error_message = "root_certificate needs the name of a config map and a key in it."
  }
}

variable "group_id" {
  description = "The group (fsGroup) that may read the connection string: one of the service's process, and of no other container."
  type        = number
  default     = 65532

  validation {
    condition     = var.group_id >= 1 && var.group_id <= 2147483647 && floor(var.group_id) == var.group_id
    error_message = "The group must be a number from 1 to 2147483647: group 0 is everyone's in many images."
  }
}
