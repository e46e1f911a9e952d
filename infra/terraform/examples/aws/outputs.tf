output "settings" {
  description = "The whole settings file of KeyService: terraform output -json settings > keyservice.json"
  value = {
    KeyService = {
      # Of one type whatever the store, since both arms of a condition must be.
      Storage   = jsondecode(var.store == null ? jsonencode({ Type = "Sqlite", Path = var.sqlite_path }) : module.store[0].settings_json)
      Providers = { aws = module.keys.settings }
      KeySets = {
        for name, set in var.key_sets : name => {
          Signers = [
            for algorithm in set.algorithms : merge({ Algorithm = algorithm, Provider = "aws" }, startswith(algorithm, "ES") ? {} : { ModulusBits = 2048 })
          ]
          Propagation      = set.propagation
          MaxTokenLifetime = set.maxTokenLifetime
          RotationPeriod   = set.rotationPeriod
          Retention        = set.retention
          ClockSkew        = set.clockSkew
        }
      }
    }
  }
}

output "role_arn" {
  description = "The role that signs."
  value       = module.keys.role_arn
}

output "policy_json" {
  description = "What the role may do."
  value       = module.keys.policy_json
}

output "store_pod" {
  description = "The volumes of the store's secret; null with SQLite."
  value       = one(module.store[*].pod)
}
