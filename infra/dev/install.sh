#!/usr/bin/env bash
# Installs what is missing on Debian and its kin; elsewhere says what to install.
# usage: install.sh run|test|bench
set -euo pipefail

if ! command -v dotnet >/dev/null 2>&1; then
  echo "Please install the .NET 10 SDK: https://dotnet.microsoft.com/download" >&2
  exit 1
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
moto=$root/obj/moto
prometheus=$root/obj/prometheus
packages=()
sudo=()
needs_prometheus() { ! { command -v prometheus && command -v promtool; } >/dev/null 2>&1 && [ ! -x "$prometheus/usr/bin/promtool" ]; }
needs_moto() { ! command -v moto_server >/dev/null 2>&1 && [ ! -x "$moto/bin/moto_server" ]; }
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }

need softhsm2-util softhsm2
if [ "${1:-run}" = test ]; then
  need pkcs11-tool opensc
  need openssl openssl
  # Its programs lie beside PATH. The tests start a server of their own: no cluster is made or started for the machine.
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql
  need cc gcc
  need node nodejs
  need npm npm
  need protoc protobuf-compiler
  need grpc_python_plugin protobuf-compiler-grpc
  # The distribution's own interpreter: another python3 on PATH does not see its modules.
  /usr/bin/python3 -c 'import grpc' 2>/dev/null || packages+=(python3-grpcio)
  /usr/bin/python3 -c 'import jwt, cryptography' 2>/dev/null || packages+=(python3-jwt python3-cryptography)
  /usr/bin/python3 -c 'import google.protobuf' 2>/dev/null || packages+=(python3-protobuf)
  if [ "$(id -u)" -eq 0 ]; then # the container's test wants root
    need podman podman
    [ -x /usr/sbin/runc ] || need runc runc
  fi
  needs_moto && ! python3 -c 'import ensurepip' 2>/dev/null && packages+=(python3-venv)
fi

if [ "${1:-run}" = bench ]; then
  need h2load nghttp2-client
  need wrk wrk
  [ -x /usr/sbin/nginx ] || need nginx nginx-light
fi

# The AWS emulator of the tests: a server of its own, so in an environment of its own.
install_moto() {
  echo "Installing moto" >&2
  python3 -m venv "$moto"
  "$moto/bin/pip" install --quiet 'moto[server]==5.2.1'
}
# Unpacked and not installed: the package would start a server on every interface of the machine.
install_prometheus() {
  command -v apt-get >/dev/null 2>&1 || { echo "Please install prometheus and promtool, then try again." >&2; exit 1; }
  echo "Unpacking prometheus" >&2
  mkdir -p "$prometheus"
  local user=()
  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); else user=(-o APT::Sandbox::User=root); fi # or apt warns that its own user cannot write there
  (
    cd "$prometheus"
    apt-get "${user[@]}" download -qq prometheus >/dev/null 2>&1 \
      || { "${sudo[@]}" apt-get update -qq && apt-get "${user[@]}" download -qq prometheus >/dev/null; }
    dpkg-deb -x prometheus_*.deb .
  )
}
# Terraform is in no package of the distribution.
finish() {
  if [ "${1:-run}" = test ] && ! command -v terraform >/dev/null 2>&1; then
    echo "Without terraform the tests of infra/terraform are skipped: https://developer.hashicorp.com/terraform/install" >&2
  fi
  if [ "${1:-run}" = test ] && needs_moto; then install_moto; fi
  if [ "${1:-run}" = test ] && needs_prometheus; then install_prometheus; fi
  exit 0
}
[ ${#packages[@]} -eq 0 ] && finish "$@"

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Please install: ${packages[*]} (or what your system calls them), then try again." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "Please install as root: apt-get install ${packages[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "Installing ${packages[*]}" >&2
# Debian's package makes and starts a database cluster unless it is told not to; the package is to keep this file without asking.
if [[ " ${packages[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${sudo[@]}" mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# RUNLEVEL=1: the package of nginx starts no server for the machine.
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 RUNLEVEL=1 apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
finish "$@"
