terraform {
  required_version = ">= 1.9, < 2.0" # validations that look at a second variable came with 1.9
}
