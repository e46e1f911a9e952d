locals {
  secret_folder      = "/run/secrets/keyservice/store"
  certificate_folder = "/run/certificates/keyservice-store"

  settings = {
    Type                 = "Postgres"
    ConnectionStringFile = "${local.secret_folder}/connection-string"
  }

  template = join(";", concat(
    ["Host=${join(",", var.host)}", "Port=${var.port}", "Database=${var.database}", "Username=${var.username}", "Password=PASSWORD", "SSL Mode=VerifyFull"],
    var.root_certificate == null ? [] : ["Root Certificate=${local.certificate_folder}/root.pem"],
    length(var.host) == 1 ? [] : ["Target Session Attributes=primary"],
  ))
}

output "settings" {
  description = "The section Storage of the settings of KeyService."
  value       = local.settings
}

output "settings_json" {
  description = "The same as JSON."
  value       = jsonencode(local.settings)
}

output "connection_string_template" {
  description = "What the secret must hold, with the password in place of PASSWORD. The server is verified in any case."
  value       = local.template
}

output "pod" {
  description = "What the pod needs, member by member as in a PodSpec: volumes, volumeMounts of the service's container, securityContext."
  value = {
    volumes = concat(
      [{
        name = "store-connection"
        secret = {
          secretName  = var.secret.name
          defaultMode = 288 # 0440: the service refuses a connection string that everyone can read
          items       = [{ key = var.secret.key, path = "connection-string" }]
        }
      }],
      var.root_certificate == null ? [] : [{
        name      = "store-root"
        configMap = { name = try(var.root_certificate.config_map, ""), items = [{ key = try(var.root_certificate.key, ""), path = "root.pem" }] }
      }],
    )
    volumeMounts = concat(
      [{ name = "store-connection", mountPath = local.secret_folder, readOnly = true }],
      var.root_certificate == null ? [] : [{ name = "store-root", mountPath = local.certificate_folder, readOnly = true }],
    )
    securityContext = { fsGroup = var.group_id }
  }
}
