#!/usr/bin/env bash
# Runs the server on a private SoftHSM token in the given directory, which is made at the first run and kept.
set -euo pipefail
umask 077

data=$1
repo=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$data/tokens"
data=$(cd "$data" && pwd)
export SOFTHSM2_CONF="$data/softhsm2.conf"

module=
for candidate in "${SOFTHSM2_MODULE:-}" /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
  /usr/lib64/pkcs11/libsofthsm2.so /usr/lib/pkcs11/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so /opt/homebrew/lib/softhsm/libsofthsm2.so; do
  if [ -n "$candidate" ] && [ -f "$candidate" ]; then module=$candidate; break; fi
done
[ -n "$module" ] || { echo "libsofthsm2.so was not found; set SOFTHSM2_MODULE to its path." >&2; exit 1; }

cat >"$SOFTHSM2_CONF" <<CONF
directories.tokendir = $data/tokens
objectstore.backend = file
log.level = ERROR
CONF
[ -s "$data/pin" ] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$data/pin"
[ -s "$data/so-pin" ] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$data/so-pin"
if ! softhsm2-util --show-slots | grep -q 'Label: *keyservice-dev *$'; then
  # PINs on a command line are seen by other users of the machine for a moment: these guard a development token only.
  softhsm2-util --init-token --free --label keyservice-dev --pin "$(<"$data/pin")" --so-pin "$(<"$data/so-pin")" >/dev/null
fi

# Made once: what is changed in it by hand stays.
[ -s "$data/keyservice.json" ] || cat >"$data/keyservice.json" <<JSON
{
  "KeyService": {
    "Listen": { "Http": "http://127.0.0.1:8080", "Grpc": "http://127.0.0.1:8081" },
    "Storage": { "Type": "Sqlite", "Path": "$data/keyservice.db" },
    "Providers": {
      "softhsm": { "Type": "Pkcs11", "Module": "$module", "TokenLabel": "keyservice-dev", "PinFile": "$data/pin" }
    },
    "KeySets": {
      "default": { "Signers": [ { "Algorithm": "ES256", "Provider": "softhsm" } ] }
    }
  }
}
JSON

cd "$repo"
dotnet build src/KeyService.Server --configuration Release --nologo --verbosity quiet
exec dotnet src/KeyService.Server/bin/Release/net10.0/keyservice.dll --config "$data/keyservice.json"
