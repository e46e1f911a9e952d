locals {
  key_specs = { ES256 = "ECC_NIST_P256", ES384 = "ECC_NIST_P384", RS256 = "RSA_2048", PS256 = "RSA_2048" }
}

module "keys" {
  source = "../../modules/aws-kms"

  name         = var.name
  trusted_arns = var.trusted_arns
  key_specs    = toset([for algorithm in flatten(values(var.key_sets)[*].algorithms) : local.key_specs[algorithm]])
  kms_endpoint = var.kms_endpoint
  sts_endpoint = var.sts_endpoint
}

module "store" {
  source = "../../modules/postgres"
  count  = var.store == null ? 0 : 1

  host   = var.store.host
  secret = var.store.secret
}
