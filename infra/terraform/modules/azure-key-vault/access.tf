# Exactly what the service does. The built-in officers' roles could also import, back up and restore keys, and change their rotation.

locals {
  vault_actions = concat(
    [
      "Microsoft.KeyVault/vaults/keys/create/action",
      "Microsoft.KeyVault/vaults/keys/delete",
      "Microsoft.KeyVault/vaults/keys/read",
      "Microsoft.KeyVault/vaults/keys/sign/action",
      "Microsoft.KeyVault/vaults/keys/update/action",
    ],
    var.purge_on_destroy ? ["Microsoft.KeyVault/vaults/keys/purge/action"] : [],
  )
  hsm_actions = concat(
    [
      "Microsoft.KeyVault/managedHsm/keys/create",
      "Microsoft.KeyVault/managedHsm/keys/delete",
      "Microsoft.KeyVault/managedHsm/keys/read/action",
      "Microsoft.KeyVault/managedHsm/keys/sign/action",
      "Microsoft.KeyVault/managedHsm/keys/write/action",
    ],
    var.purge_on_destroy ? ["Microsoft.KeyVault/managedHsm/keys/deletedKeys/delete"] : [],
  )
}

resource "azurerm_role_definition" "this" {
  count = local.is_hsm ? 0 : 1

  name        = "KeyService ${var.name}" # unique in the tenant, as the vault is in the world
  description = "What KeyService does with the keys of ${var.name}"
  scope       = "/subscriptions/${data.azurerm_client_config.current.subscription_id}/resourceGroups/${var.resource_group_name}" # where it is known; it is assigned to the vault alone

  permissions {
    data_actions = local.vault_actions
  }
}

resource "azurerm_role_assignment" "this" {
  count = local.is_hsm ? 0 : 1

  scope              = azurerm_key_vault.this[0].id
  role_definition_id = azurerm_role_definition.this[0].role_definition_resource_id
  principal_id       = var.principal_id
}

resource "azurerm_key_vault_managed_hardware_security_module_role_definition" "this" {
  count = local.is_hsm ? 1 : 0

  name           = uuidv5("url", "https://${var.name}.managedhsm.azure.net/keyservice/definition")
  managed_hsm_id = azurerm_key_vault_managed_hardware_security_module.this[0].id
  role_name      = "KeyService"
  description    = "What KeyService does with keys"

  permission {
    data_actions = local.hsm_actions
  }
}

resource "azurerm_key_vault_managed_hardware_security_module_role_assignment" "this" {
  count = local.is_hsm ? 1 : 0

  name               = uuidv5("url", "https://${var.name}.managedhsm.azure.net/keyservice/assignment/${var.principal_id}")
  managed_hsm_id     = azurerm_key_vault_managed_hardware_security_module.this[0].id
  scope              = "/keys"
  role_definition_id = azurerm_key_vault_managed_hardware_security_module_role_definition.this[0].resource_manager_id
  principal_id       = var.principal_id
}
