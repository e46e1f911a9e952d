output "settings" {
  description = "The whole settings file of KeyService: terraform output -json settings > keyservice.json"
  value = {
    KeyService = {
      Storage   = module.store.settings
      Providers = { hsm = module.hsm.settings }
      KeySets   = { default = { Signers = [{ Algorithm = "ES256", Provider = "hsm" }], RotationPeriod = "90d" } }
    }
  }
}

output "pod" {
  description = "What the pod needs beside its image and the settings file."
  value = {
    volumes         = concat(module.hsm.pod.volumes, module.store.pod.volumes)
    volumeMounts    = concat(module.hsm.pod.volumeMounts, module.store.pod.volumeMounts)
    env             = module.hsm.pod.env
    initContainers  = module.hsm.pod.initContainers
    securityContext = module.hsm.pod.securityContext
  }
}

output "connection_string_template" {
  description = "What the secret keyservice-store must hold, with the password in its place."
  value       = module.store.connection_string_template
}
