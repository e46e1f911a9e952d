variable "name" {
  description = "Name of the vault or Managed HSM: unique in the world, and part of its host name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "The name must be 3 to 24 letters, digits and single hyphens, begin with a letter and end with a letter or digit."
  }
}

variable "resource_group_name" {
  description = "Name of a resource group that exists."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_().-]{1,90}$", var.resource_group_name)) && !endswith(var.resource_group_name, ".")
    error_message = "The resource group must have the name of one."
  }
}

variable "location" {
  description = "Azure location, such as westeurope."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+$", var.location))
    error_message = "The location must be in its short form, such as westeurope."
  }
}

variable "principal_id" {
  description = "Object ID of the identity that the service runs as: of a managed identity or service principal."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.principal_id))
    error_message = "The principal must be an object ID (a UUID in lower case), not a name or client ID."
  }
}

variable "managed_identity_client_id" {
  description = "Client ID of the user-assigned managed identity, where the service's machine has several. Null for the usual chain, such as workload identity."
  type        = string
  default     = null

  validation {
    condition     = var.managed_identity_client_id == null || can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.managed_identity_client_id))
    error_message = "The client ID must be a UUID in lower case."
  }
}

variable "managed_hsm" {
  description = "Makes a Managed HSM in place of a vault: who administers it, and the certificates of a vault (three to ten) that activate it and of which the quorum can recover it."
  type = object({
    admin_object_ids                          = list(string)
    security_domain_key_vault_certificate_ids = list(string)
    security_domain_quorum                    = number
  })
  default = null

  validation {
    condition = var.managed_hsm == null || try(
      length(var.managed_hsm.admin_object_ids) > 0
      && length(var.managed_hsm.security_domain_key_vault_certificate_ids) >= 3 && length(var.managed_hsm.security_domain_key_vault_certificate_ids) <= 10
      && var.managed_hsm.security_domain_quorum >= 2 && var.managed_hsm.security_domain_quorum <= length(var.managed_hsm.security_domain_key_vault_certificate_ids),
      false
    )
    error_message = "managed_hsm needs an administrator, three to ten certificates, and a quorum of 2 up to their number."
  }
}

variable "hardware_keys" {
  description = "Whether a vault's keys are made in hardware, for which it is of the premium tier. A Managed HSM has no others."
  type        = bool
  default     = true
}

variable "soft_delete_retention_days" {
  description = "Days that a destroyed key can be recovered. Azure cannot change it later."
  type        = number
  default     = 90

  validation {
    condition     = var.soft_delete_retention_days >= 7 && var.soft_delete_retention_days <= 90 && floor(var.soft_delete_retention_days) == var.soft_delete_retention_days
    error_message = "The retention must be a whole number of days from 7 to 90."
  }
}

variable "purge_protection" {
  description = "Whether nobody can purge what is deleted before its retention is over. Azure cannot turn it off again."
  type        = bool
  default     = true
}

variable "purge_on_destroy" {
  description = "Whether the service purges the keys that it destroys, and has the right to. Not with purge_protection."
  type        = bool
  default     = false

  validation {
    condition     = !(var.purge_on_destroy && var.purge_protection)
    error_message = "Keys under purge protection cannot be purged."
  }
}

variable "private_endpoint" {
  description = "Makes a private endpoint in a subnet and closes the public one. The DNS zones are those of privatelink.vaultcore.azure.net, or privatelink.managedhsm.azure.net."
  type = object({
    subnet_id            = string
    private_dns_zone_ids = list(string)
  })
  default = null

  validation {
    condition     = var.private_endpoint == null || try(strcontains(lower(var.private_endpoint.subnet_id), "/subnets/") && length(var.private_endpoint.private_dns_zone_ids) > 0, false)
    error_message = "private_endpoint needs the ID of a subnet and at least one private DNS zone."
  }
}

variable "log_analytics_workspace_id" {
  description = "ID of the Log Analytics workspace that gets the audit events and metrics. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.log_analytics_workspace_id == null || can(regex("(?i)/providers/microsoft\\.operationalinsights/workspaces/", var.log_analytics_workspace_id))
    error_message = "The workspace must be the resource ID of a Log Analytics workspace."
  }
}

variable "tags" {
  description = "Tags of what Terraform makes."
  type        = map(string)
  default     = {}
}
