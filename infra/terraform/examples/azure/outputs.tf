output "settings" {
  description = "The whole settings file of KeyService: terraform output -json settings > keyservice.json"
  value = {
    KeyService = {
      Storage   = module.store.settings
      Providers = { azure = module.keys.settings }
      KeySets   = { default = { Signers = [{ Algorithm = "ES256", Provider = "azure" }], RotationPeriod = "90d" } }
    }
  }
}

output "store_pod" {
  description = "The volumes of the store's secret."
  value       = module.store.pod
}
