variable "subscription_id" {
  description = "The subscription that the vault is made in."
  type        = string
}

variable "name" {
  description = "Name of the vault: unique in the world."
  type        = string
}

variable "resource_group_name" {
  description = "Name of a resource group that exists."
  type        = string
}

variable "location" {
  description = "Azure location, such as westeurope."
  type        = string
  default     = "westeurope"
}

variable "principal_id" {
  description = "Object ID of the identity that the service runs as."
  type        = string
}

variable "store_hosts" {
  description = "Host names of PostgreSQL."
  type        = list(string)
}
