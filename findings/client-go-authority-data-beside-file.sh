#!/usr/bin/env bash
# client-go (and so kubectl): a kubeconfig that has both `certificate-authority-data` and `certificate-authority` is refused, by an error
# that says that the data will override; so is one with client-certificate-data and client-certificate, or with both keys.
#
# The documentation of the API has it that the data "override" the file, and the sentence of the error says the same; but it is an entry
# in a list of errors, and the configuration is invalid, although the data are complete. Other clients go on with the data, so a file
# can work everywhere but in kubectl.
#
# Seen with k8s.io/client-go v0.33.4, the same in kubectl 1.32 and 1.33:
#   cluster: error: invalid configuration: certificate-authority-data and certificate-authority are both specified for c. certificate-authority-data will override.
#   user: error: invalid configuration: [client-cert-data and client-cert are both specified for u. client-cert-data will override., client-key-data and client-key are both specified for u; client-key-data will override]
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MODULE'
module finding

go 1.24
MODULE
cat >main.go <<'PROGRAM'
package main

import (
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
)

func try(what, cluster, user string) {
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: x,
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", %s}}],
users: [{name: u, user: {%s}}],
contexts: [{name: x, context: {cluster: c, user: u}}]}`, cluster, user)
	config, err := clientcmd.Load([]byte(text))
	if err == nil {
		_, err = clientcmd.NewDefaultClientConfig(*config, &clientcmd.ConfigOverrides{}).ClientConfig()
	}
	fmt.Printf("%s: error: %v\n", what, err)
}

func main() {
	if err := os.WriteFile("file.pem", []byte("x"), 0o600); err != nil {
		panic(err)
	}
	try("cluster", "certificate-authority-data: eA==, certificate-authority: file.pem", "token: t")
	try("user", "insecure-skip-tls-verify: true", "client-certificate-data: eA==, client-certificate: file.pem, client-key-data: eA==, client-key: file.pem")
}
PROGRAM
export GOFLAGS=-mod=mod
go get k8s.io/client-go@v0.33.4 >/dev/null 2>&1
said=$(go run .)
echo "$said"
expected='cluster: error: invalid configuration: certificate-authority-data and certificate-authority are both specified for c. certificate-authority-data will override.
user: error: invalid configuration: [client-cert-data and client-cert are both specified for u. client-cert-data will override., client-key-data and client-key are both specified for u; client-key-data will override]'
[ "$said" = "$expected" ] || { echo "this has changed; expected:"; echo "$expected"; exit 1; }
