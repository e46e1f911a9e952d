locals {
  settings = merge(
    {
      Type           = "AzureKeyVault"
      VaultUri       = local.vault_uri
      HardwareKeys   = local.is_hsm || var.hardware_keys
      PurgeOnDestroy = var.purge_on_destroy
    },
    var.managed_identity_client_id == null ? {} : { ManagedIdentityClientId = var.managed_identity_client_id },
  )
}

output "settings" {
  description = "The provider's section of the settings of KeyService: what stands under Providers:<name>."
  value       = local.settings
}

output "settings_json" {
  description = "The same as JSON."
  value       = jsonencode(local.settings)
}

output "vault_id" {
  description = "Resource ID of the vault or Managed HSM."
  value       = local.vault_id
}
