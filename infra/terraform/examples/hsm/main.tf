# A network HSM whose client library comes in an image of the vendor's, and PostgreSQL for the replicas.

module "hsm" {
  source = "../../modules/pkcs11"

  module_path   = "/opt/vendor/lib/libvendor.so"
  module_source = { image = var.vendor_image, folder = "/client/lib" }
  config_map    = { name = "vendor-client", folder = "/etc/vendor" }
  environment   = { VENDOR_CONFIG = "/etc/vendor/client.conf" }
  token_label   = var.token_label
  pin_secret    = { name = "keyservice-hsm-pin" }
}

module "store" {
  source = "../../modules/postgres"

  host             = var.store_hosts
  secret           = { name = "keyservice-store" }
  root_certificate = { config_map = "keyservice-store-root" }
}
