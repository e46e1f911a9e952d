module "keys" {
  source = "../../modules/azure-key-vault"

  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  principal_id        = var.principal_id
}

module "store" {
  source = "../../modules/postgres"

  host   = var.store_hosts
  secret = { name = "keyservice-store" }
}
