#!/usr/bin/env bash
# The HOCON reader of EMQX Operator 2.2 (github.com/rory-z/go-hocon v1.2.15-1) loses lines, and crashes, on text that EMQX reads.
#
# It is built on Go's text/scanner, which goes on to see comments, raw strings and runes of Go inside a HOCON comment that begins with
# `#`: behind `//` in it, as in any URL, the next line is missing from the result; behind a backtick or `/*` all lines up to the next one
# are. None of it is an error. An optional substitution of a name that nobody sets (`${?NAME}`) dereferences a nil pointer. The
# operator reads `spec.config.data` of an EMQX with it at every pass, and does not recover from the crash. What is safe: comments that begin
# with `//`, and no substitutions.
#
# Seen with Go 1.26.8:
#   "# see https://example.com\na = 1\nb = 2": {b:2}
#   "// see https://example.com\na = 1\nb = 2": {a:1, b:2}
#   "# the `x\na = 1\nb = 2": {}
#   "a = [\n 1 # one\n 2\n]": error
#   "a = ${?NAME}": crash
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'module reader\ngo 1.22\nrequire github.com/rory-z/go-hocon v1.2.15-1\n' >go.mod
cat >main.go <<'PROGRAM'
package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/rory-z/go-hocon"
)

func read(text string) (result string) {
	defer func() {
		if recover() != nil {
			result = "crash"
		}
	}()
	config, err := hocon.ParseString(text)
	if err != nil {
		return "error"
	}
	fields := []string{}
	for name, value := range config.GetRoot().(hocon.Object) {
		fields = append(fields, name+":"+value.String())
	}
	sort.Strings(fields)
	return "{" + strings.Join(fields, ", ") + "}"
}

func main() {
	for _, text := range []string{
		"# see https://example.com\na = 1\nb = 2",
		"// see https://example.com\na = 1\nb = 2",
		"# the `x\na = 1\nb = 2",
		"a = [\n 1 # one\n 2\n]",
		"a = ${?NAME}",
	} {
		fmt.Printf("%q: %s\n", text, read(text))
	}
}
PROGRAM
go mod tidy >/dev/null 2>&1
said=$(go run .)
echo "$said"
expected=$(sed -n 's/^#   \(".*\)$/\1/p' "$script")
[ "$said" = "$expected" ] || { echo "expected:"; echo "$expected"; exit 1; }
