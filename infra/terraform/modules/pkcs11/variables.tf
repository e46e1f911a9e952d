variable "name" {
  description = "Name of the provider in the settings. Names the volumes, so that several tokens can be wired to one pod."
  type        = string
  default     = "hsm"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", var.name))
    error_message = "The name must be 1 to 40 lower case letters, digits and hyphens, and begin and end with a letter or digit."
  }
}

variable "module_path" {
  description = "Absolute path of the vendor's PKCS#11 module within the container."
  type        = string

  validation {
    condition     = can(regex("^/.*[^/]$", var.module_path)) && !strcontains(var.module_path, "..")
    error_message = "The module path must be the absolute path of a file."
  }
}

variable "module_source" {
  description = "Where the module comes from, where it is not in the service's own image: an image that has it, and the path of its folder there. An init container copies it to the folder of module_path."
  type = object({
    image  = string
    folder = string
  })
  default = null

  validation {
    condition     = var.module_source == null || (can(regex("^[^\\s]+(:[^\\s:/]+|@sha256:[0-9a-f]{64})$", var.module_source.image)) && can(regex("^/.", var.module_source.folder)))
    error_message = "module_source needs an image with tag or digest, and an absolute folder in it."
  }

  validation {
    condition     = var.module_source == null || dirname(var.module_path) != "/" && !contains(["/usr/lib", "/lib", "/etc", "/app"], dirname(var.module_path))
    error_message = "The copied module needs a folder of its own: a volume on that of module_path would hide what the image has there."
  }
}

variable "token_label" {
  description = "Label of the token. Slot numbers move, labels do not."
  type        = string

  validation {
    condition     = length(var.token_label) >= 1 && length(var.token_label) <= 32
    error_message = "The token label must have 1 to 32 characters."
  }
}

variable "token_serial" {
  description = "Serial number of the token, where several have the label."
  type        = string
  default     = null

  validation {
    condition     = var.token_serial == null || (length(coalesce(var.token_serial, "x")) <= 16 && var.token_serial != "")
    error_message = "The token serial must have 1 to 16 characters."
  }
}

variable "pin_secret" {
  description = "Name and key of the Kubernetes secret with the user PIN. Something else makes the secret: what Terraform makes lies in its state."
  type = object({
    name = string
    key  = optional(string, "pin")
  })

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.pin_secret.name)) && can(regex("^[A-Za-z0-9._-]{1,253}$", var.pin_secret.key))
    error_message = "pin_secret needs the name of a secret and a key in it."
  }
}

variable "config_map" {
  description = "Name of a config map with the vendor's client configuration, and the absolute folder to mount it at."
  type = object({
    name   = string
    folder = string
  })
  default = null

  validation {
    condition     = var.config_map == null || (can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.config_map.name)) && can(regex("^/.", var.config_map.folder)))
    error_message = "config_map needs the name of a config map and an absolute folder."
  }
}

variable "environment" {
  description = "Environment variables that the vendor's module reads, such as the path of its configuration. No secrets: they would lie in the state."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && !startswith(lower(name), "keyservice__")])
    error_message = "Names of variables must be letters, digits and underscores; settings of the service (KeyService__) belong into its settings."
  }
}

variable "group_id" {
  description = "The group (fsGroup) that may read the PIN: one of the service's process, and of no other container."
  type        = number
  default     = 65532

  validation {
    condition     = var.group_id >= 1 && var.group_id <= 2147483647 && floor(var.group_id) == var.group_id
    error_message = "The group must be a number from 1 to 2147483647: group 0 is everyone's in many images."
  }
}

variable "max_sessions" {
  description = "Signatures at a time, at most what the token does in parallel. Null for the service's default, the processors."
  type        = number
  default     = null

  validation {
    condition     = var.max_sessions == null || try(var.max_sessions >= 1 && var.max_sessions <= 256 && floor(var.max_sessions) == var.max_sessions, false)
    error_message = "max_sessions must be a whole number from 1 to 256."
  }
}

variable "init_args" {
  description = "Text for C_Initialize, where the module wants one."
  type        = string
  default     = null
}
