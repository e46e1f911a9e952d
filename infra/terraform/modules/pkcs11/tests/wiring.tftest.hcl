variables {
  module_path = "/opt/vendor/lib/libvendor.so"
  token_label = "prod"
  pin_secret  = { name = "keyservice-hsm" }
}

run "in_the_image" {
  command = plan

  assert {
    condition = output.settings_json == jsonencode({
      Type = "Pkcs11", Module = "/opt/vendor/lib/libvendor.so", TokenLabel = "prod", PinFile = "/run/secrets/keyservice/hsm/pin"
    })
    error_message = "The settings are not the token's."
  }

  assert {
    condition     = output.pod.volumes[0].secret.defaultMode == 288 && output.pod.volumes[0].secret.items[0].path == basename(output.settings.PinFile)
    error_message = "The PIN would be readable by everyone, or elsewhere."
  }

  assert {
    condition     = output.pod.volumeMounts[0].mountPath == dirname(output.settings.PinFile) && length(output.pod.volumes) == 1 && length(output.pod.initContainers) == 0
    error_message = "The PIN is mounted elsewhere."
  }
}

run "from_an_image_of_the_vendor" {
  command = plan

  variables {
    name          = "vendor"
    module_source = { image = "registry.example/vendor-client:7.1", folder = "/client/lib/" }
    config_map    = { name = "vendor-client", folder = "/etc/vendor" }
    environment   = { VENDOR_CONFIG = "/etc/vendor/client.conf" }
    token_serial  = "0123"
    max_sessions  = 8
  }

  assert {
    condition     = output.pod.initContainers[0].command == ["cp", "-r", "/client/lib/.", "/module"]
    error_message = "The module is not copied."
  }

  assert {
    condition     = toset(output.pod.volumes[*].name) == toset(output.pod.volumeMounts[*].name) && contains(output.pod.volumeMounts[*].mountPath, "/opt/vendor/lib")
    error_message = "A volume is not mounted."
  }

  assert {
    condition     = output.pod.env == [{ name = "VENDOR_CONFIG", value = "/etc/vendor/client.conf" }] && output.settings.TokenSerial == "0123" && output.settings.MaxSessions == 8
    error_message = "A variable or setting is lost."
  }
}

run "malformed" {
  command = plan

  variables {
    name         = "Not a name"
    module_path  = "libvendor.so"
    token_label  = "a label of more than thirty-two characters"
    token_serial = ""
    pin_secret   = { name = "Not_a_name" }
    config_map   = { name = "vendor", folder = "etc" }
    environment  = { KeyService__DefaultKeySet = "x" }
    group_id     = 0
    max_sessions = 257
  }

  expect_failures = [
    var.name, var.module_path, var.token_label, var.token_serial, var.pin_secret, var.config_map, var.environment, var.group_id, var.max_sessions,
  ]
}

run "a_source_without_tag" {
  command = plan

  variables {
    module_source = { image = "vendor", folder = "/lib" }
  }

  expect_failures = [var.module_source]
}

run "a_folder_that_is_not_its_own" {
  command = plan

  variables {
    module_path   = "/usr/lib/libvendor.so"
    module_source = { image = "vendor:1", folder = "/lib" }
  }

  expect_failures = [var.module_source]
}
