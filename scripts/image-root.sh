#!/usr/bin/env bash
# The root file system of the image, and what is in it, after `npm run build`. The Dockerfile and `scripts/image.sh` both run this.
# usage: image-root.sh NODE FOLDER
#   NODE     the binary that the image gets
#   FOLDER   gets root/, and sbom.cdx.json with the packages that the command line is bundled of (CycloneDX, by npm)
set -euo pipefail
node=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
root=$folder/root
cd "$(dirname "$0")/.."
. scripts/debian.sh

# What the binary is linked to. Certificates and time zones are in it.
debian_unpacked "$root" libc6 libgcc-s1 libstdc++6
# Character sets, debuggers' helpers and change logs: no program here reads them.
rm -rf "$root"/usr/lib/*/gconv "$root"/usr/lib/*/audit "$root"/usr/share/{gcc,gdb,lintian} "$root/etc/ld.so.conf.d"
find "$root/usr/share/doc" -type f ! -name copyright -delete

mkdir -p "$root"/{etc,tmp,usr/local/bin,opt/emqx-blue-green/dist}
install -m 755 "$node" "$root/usr/local/bin/node"
cp -R dist/cli "$root/opt/emqx-blue-green/dist"
cp package.json LICENSE "$root/opt/emqx-blue-green"
main=$root/opt/emqx-blue-green/dist/cli/main.js
sed -i '1s|.*|#!/usr/local/bin/node|' "$main"
chmod 755 "$main"
ln -s /opt/emqx-blue-green/dist/cli/main.js "$root/usr/local/bin/emqx-blue-green"
echo 'nonroot:x:65532:65532::/tmp:/nonexistent' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod -R u=rwX,go=rX "$root"
chmod 1777 "$root/tmp"

# What npm says of these packages as dependencies of one, in the versions that are bundled; without their own dependencies of which no
# code is in the bundle.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=$work/emqx-blue-green # npm calls what it describes like its folder
mkdir "$packages"
cp dist/cli/LICENSES.txt "$packages"
cat >"$packages/bundled.js" <<'PROGRAM'
const licenses = require('node:fs').readFileSync(`${__dirname}/LICENSES.txt`, 'utf8');
module.exports = [...licenses.matchAll(/^(\S+) (\d\S*) \(/gm)].map(([, name, version]) => ({ name, version }));
PROGRAM
node -e '
const { name, version, license } = require("./package.json");
const { packages } = require("./package-lock.json");
// Of two versions of a package one is another package'"'"'s own.
const direct = require(`${process.argv[1]}/bundled.js`).filter((one) => packages[`node_modules/${one.name}`]?.version === one.version);
const dependencies = Object.fromEntries(direct.map((one) => [one.name, one.version]));
require("node:fs").writeFileSync(`${process.argv[1]}/package.json`, JSON.stringify({ name, version, license, dependencies }));
' "$packages"
cd "$packages"
npm install --silent --package-lock-only --ignore-scripts
npm sbom --package-lock-only --sbom-format cyclonedx --sbom-type application | node -e '
const ids = new Set(require("./bundled.js").map(({ name, version }) => `${name}@${version}`));
const { components, dependencies, ...sbom } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const kept = components.filter(({ group, name, version }) => ids.has(`${group ? `${group}/` : ""}${name}@${version}`));
const refs = new Set([sbom.metadata.component, ...kept].map((one) => one["bom-ref"]));
const edges = dependencies.filter(({ ref }) => refs.has(ref));
for (const edge of edges) edge.dependsOn = edge.dependsOn?.filter((ref) => refs.has(ref));
console.log(JSON.stringify({ ...sbom, components: kept, dependencies: edges }, null, 2));
' >"$folder/sbom.cdx.json"
