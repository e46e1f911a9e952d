variables {
  host   = ["db.example"]
  secret = { name = "keyservice-store" }
}

run "one_server" {
  command = plan

  assert {
    condition     = output.settings_json == jsonencode({ Type = "Postgres", ConnectionStringFile = "/run/secrets/keyservice/store/connection-string" })
    error_message = "The settings are not the store's."
  }

  assert {
    condition     = output.connection_string_template == "Host=db.example;Port=5432;Database=keyservice;Username=keyservice;Password=PASSWORD;SSL Mode=VerifyFull"
    error_message = "The server would not be verified, or not be found."
  }

  assert {
    condition     = output.pod.volumes[0].secret.defaultMode == 288 && output.pod.volumeMounts[0].mountPath == dirname(output.settings.ConnectionStringFile)
    error_message = "The connection string would be readable by everyone, or elsewhere."
  }
}

run "a_cluster_of_a_private_authority" {
  command = plan

  variables {
    host             = ["a.db.example", "b.db.example"]
    root_certificate = { config_map = "db-root" }
  }

  assert {
    condition     = strcontains(output.connection_string_template, "Host=a.db.example,b.db.example;") && endswith(output.connection_string_template, ";Target Session Attributes=primary")
    error_message = "A standby could be written to."
  }

  assert {
    condition     = strcontains(output.connection_string_template, "Root Certificate=${output.pod.volumeMounts[1].mountPath}/${output.pod.volumes[1].configMap.items[0].path};")
    error_message = "The certificate is mounted elsewhere."
  }
}

run "malformed" {
  command = plan

  variables {
    host             = ["db.example;SSL Mode=Disable"]
    port             = 0
    database         = "a;b"
    username         = "a;b"
    secret           = { name = "Not_a_name" }
    root_certificate = { config_map = "Not_a_name" }
    group_id         = 0
  }

  expect_failures = [var.host, var.port, var.database, var.username, var.secret, var.root_certificate, var.group_id]
}
