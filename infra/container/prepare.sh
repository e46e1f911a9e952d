#!/usr/bin/env bash
# Makes what compose.yaml mounts: secrets, certificates for this machine, settings and policy. What is there already stays.
# usage: prepare.sh [FOLDER]        (default: .compose beside this script)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/.compose}
umask 027 # the service refuses secrets that everyone can read; its container gets the group of their owner
mkdir -p "$folder"
cd "$folder"

[ -e pin ] || openssl rand -hex 16 >pin
[ -e so-pin ] || openssl rand -hex 16 >so-pin
[ -e db-password ] || openssl rand -hex 16 >db-password
printf 'Host=postgres;Database=keyservice;Username=keyservice;Password=%s\n' "$(cat db-password)" >connection-string

issue() { # NAME, extensions
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$1" 2>/dev/null \
    | openssl x509 -req -CA ca.pem -CAkey ca.key -days 90 -extfile <(printf '%s\n' "$2") -out "$1.pem" 2>/dev/null
  chmod 0640 "$1.key"
}
if [ ! -e ca.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj '/CN=KeyService development' -days 90 -out ca.pem 2>/dev/null
  chmod 0600 ca.key
  issue server $'subjectAltName=DNS:localhost,DNS:keyservice,IP:127.0.0.1\nextendedKeyUsage=serverAuth'
  issue client $'subjectAltName=URI:spiffe://example.org/client\nextendedKeyUsage=clientAuth'
fi

cp "$here/compose-settings.json" keyservice.json
cp "$here/compose-policy.yaml" policy.yaml
printf 'COMPOSE_PROJECT_NAME=keyservice\nCOMPOSE_GROUP=%s\n' "$(id -g)" >environment
