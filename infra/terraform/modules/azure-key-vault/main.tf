data "azurerm_client_config" "current" {}

locals {
  is_hsm    = var.managed_hsm != null
  vault_id  = local.is_hsm ? one(azurerm_key_vault_managed_hardware_security_module.this[*].id) : one(azurerm_key_vault.this[*].id)
  vault_uri = local.is_hsm ? one(azurerm_key_vault_managed_hardware_security_module.this[*].hsm_uri) : one(azurerm_key_vault.this[*].vault_uri)
}

resource "azurerm_key_vault" "this" {
  count = local.is_hsm ? 0 : 1

  name                          = var.name
  resource_group_name           = var.resource_group_name
  location                      = var.location
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = var.hardware_keys ? "premium" : "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = var.purge_protection
  soft_delete_retention_days    = var.soft_delete_retention_days
  public_network_access_enabled = var.private_endpoint == null
  tags                          = var.tags
}

resource "azurerm_key_vault_managed_hardware_security_module" "this" {
  count = local.is_hsm ? 1 : 0

  name                                      = var.name
  resource_group_name                       = var.resource_group_name
  location                                  = var.location
  tenant_id                                 = data.azurerm_client_config.current.tenant_id
  sku_name                                  = "Standard_B1"
  admin_object_ids                          = var.managed_hsm.admin_object_ids
  security_domain_key_vault_certificate_ids = var.managed_hsm.security_domain_key_vault_certificate_ids
  security_domain_quorum                    = var.managed_hsm.security_domain_quorum
  purge_protection_enabled                  = var.purge_protection
  soft_delete_retention_days                = var.soft_delete_retention_days
  public_network_access_enabled             = var.private_endpoint == null
  tags                                      = var.tags
}

resource "azurerm_private_endpoint" "this" {
  count = var.private_endpoint == null ? 0 : 1

  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.private_endpoint.subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = var.name
    private_connection_resource_id = local.vault_id
    subresource_names              = [local.is_hsm ? "managedhsm" : "vault"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = var.name
    private_dns_zone_ids = var.private_endpoint.private_dns_zone_ids
  }
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  count = var.log_analytics_workspace_id == null ? 0 : 1

  name                       = "keyservice"
  target_resource_id         = local.vault_id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_log {
    category = "AuditEvent"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}
