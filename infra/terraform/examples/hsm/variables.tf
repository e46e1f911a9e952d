variable "vendor_image" {
  description = "Image with the vendor's client library in /client/lib and a shell's cp."
  type        = string
  default     = "registry.example/vendor-client:1.0"
}

variable "token_label" {
  description = "Label of the token."
  type        = string
  default     = "prod"
}

variable "store_hosts" {
  description = "Host names of PostgreSQL."
  type        = list(string)
  default     = ["db.example"]
}
