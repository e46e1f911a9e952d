locals {
  pin_folder    = "/run/secrets/keyservice/${var.name}"
  module_folder = dirname(var.module_path)

  settings = merge(
    {
      Type       = "Pkcs11"
      Module     = var.module_path
      TokenLabel = var.token_label
      PinFile    = "${local.pin_folder}/pin"
    },
    var.token_serial == null ? {} : { TokenSerial = var.token_serial },
    var.max_sessions == null ? {} : { MaxSessions = var.max_sessions },
    var.init_args == null ? {} : { InitArgs = var.init_args },
  )

  # Each list is of one shape, as a pod has it.
  volumes = concat(
    [{
      name = "${var.name}-pin"
      secret = {
        secretName  = var.pin_secret.name
        defaultMode = 288 # 0440: the service refuses a PIN that everyone can read
        items       = [{ key = var.pin_secret.key, path = "pin" }]
      }
    }],
    var.config_map == null ? [] : [{ name = "${var.name}-config", configMap = { name = var.config_map.name } }],
    var.module_source == null ? [] : [{ name = "${var.name}-module", emptyDir = {} }],
  )

  mounts = concat(
    [{ name = "${var.name}-pin", mountPath = local.pin_folder, readOnly = true }],
    var.config_map == null ? [] : [{ name = "${var.name}-config", mountPath = try(var.config_map.folder, ""), readOnly = true }],
    var.module_source == null ? [] : [{ name = "${var.name}-module", mountPath = local.module_folder, readOnly = true }],
  )

  init_containers = var.module_source == null ? [] : [{
    name            = "${var.name}-module"
    image           = var.module_source.image
    command         = ["cp", "-r", "${trimsuffix(var.module_source.folder, "/")}/.", "/module"]
    volumeMounts    = [{ name = "${var.name}-module", mountPath = "/module" }]
    securityContext = { allowPrivilegeEscalation = false, readOnlyRootFilesystem = true, runAsNonRoot = true, runAsUser = var.group_id, capabilities = { drop = ["ALL"] } }
  }]
}

output "settings" {
  description = "The provider's section of the settings of KeyService: what stands under Providers:<name>."
  value       = local.settings
}

output "settings_json" {
  description = "The same as JSON."
  value       = jsonencode(local.settings)
}

output "pod" {
  description = "What the pod needs, member by member as in a PodSpec: volumes, volumeMounts and env of the service's container, initContainers, securityContext."
  value = {
    volumes         = local.volumes
    volumeMounts    = local.mounts
    env             = [for name, value in var.environment : { name = name, value = value }]
    initContainers  = local.init_containers
    securityContext = { fsGroup = var.group_id }
  }
}
