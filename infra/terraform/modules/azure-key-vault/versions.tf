terraform {
  required_version = ">= 1.9, < 2.0" # validations that look at a second variable came with 1.9

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.50, < 5.0" # enabled_metric and rbac_authorization_enabled are of 4; 5 changes defaults
    }
  }
}
