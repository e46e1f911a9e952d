#!/usr/bin/env bash
# Makes stand-ins of the base images of the Dockerfile, where no registry can be reached, out of files of this machine:
#   localhost/keyservice-sdk      a shell and what .NET links to; the SDK itself is mounted: --volume DOTNET:/usr/share/dotnet:ro
#   localhost/keyservice-runtime  .NET's runtime and what it links to and, like the chiseled images, no shell
# usage: local-bases.sh DOTNET     (the folder of the SDK; podman's storage is by CONTAINERS_STORAGE_CONF)
set -euo pipefail
dotnet=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

links() { ldd "$@" | grep -o '/[^ :]*\.so[^ :]*' | grep -v "^$dotnet" | sort -u; }
named() { ldconfig -p | awk -v name="$1" '$1 == name { print $NF; exit }'; }
copy() { # ROOT FILE...
  mkdir -p "$1"
  cp --parents --dereference "${@:2}" "$1"
}
newest() { find "$dotnet/shared/$1" -mindepth 1 -maxdepth 1 -name '10.*' | sort -V | tail -1; }
runtime=$(newest Microsoft.NETCore.App)

# OpenSSL is opened by name, all else is linked to.
mapfile -t libraries < <({ links "$runtime"/*.so "$(named libssl.so.3)"; named libssl.so.3; } | sort -u)
mapfile -t tools < <(links /bin/{sh,mkdir,cp}; printf '%s\n' /bin/{sh,mkdir,cp})
copy "$scratch/sdk" "${libraries[@]}"
copy "$scratch/sdk" "${tools[@]}"
copy "$scratch/runtime" "${libraries[@]}"
mkdir -p "$scratch/sdk/etc" "$scratch/sdk/tmp" "$scratch/sdk/usr/share/dotnet" "$scratch/runtime/tmp" "$scratch/runtime/usr/share/dotnet/shared"/Microsoft.{NETCore,AspNetCore}.App
echo 'root:x:0:0::/root:/bin/sh' >"$scratch/sdk/etc/passwd" # NuGet asks without end who it is
cp -r "$runtime" "$scratch/runtime/usr/share/dotnet/shared/Microsoft.NETCore.App/"
cp -r "$(newest Microsoft.AspNetCore.App)" "$scratch/runtime/usr/share/dotnet/shared/Microsoft.AspNetCore.App/"
cp -r "$dotnet/host" "$scratch/runtime/usr/share/dotnet/"

tar -C "$scratch/runtime" -c . | podman import --quiet - localhost/keyservice-runtime >/dev/null
tar -C "$scratch/sdk" -c . | podman import --quiet --change 'ENV PATH=/usr/share/dotnet:/usr/bin:/bin' --change 'ENV SSL_CERT_DIR=/etc/ssl/certs' \
  --change 'ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1' --change 'ENV NUGET_CERT_REVOCATION_MODE=offline' --change 'ENV DOTNET_CLI_TELEMETRY_OPTOUT=1' - localhost/keyservice-sdk >/dev/null
