#!/usr/bin/env bash
# OpenAPI Generator 7.26.0 (openapi-generator-cli 7.26.0 of PyPI), `-g rust`: the version of a description
# that is a date becomes the version of the crate, and Cargo cannot read it.
#
# `info.version` is the version of the document, in any form (OpenAPI 3.0.3, "Info Object"); Azure's are dates.
# Expected: a crate of version 1.0.0 or so, or a warning.
# What happens: for `version: 2017-04-19` the generator ends with 0 and has written
# `version = "2017-04-19.0.0"`, which no command of Cargo reads, unless `packageVersion` is given.
#
# Needs python3 with venv, cargo and a Java runtime of 11 or later. Ends with 0 where it happens as said.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check openapi-generator-cli==7.26.0

cat >dated.yaml <<'YAML'
openapi: 3.0.3
info: {title: Dated, version: "2017-04-19"}
paths:
  /keys:
    get:
      operationId: listKeys
      responses:
        "200": {description: All of them}
YAML
venv/bin/openapi-generator-cli generate -g rust -i dated.yaml -o plain >log 2>&1
venv/bin/openapi-generator-cli generate -g rust -i dated.yaml -o given \
    --additional-properties=packageVersion=1.2.3 >>log 2>&1
for client in plain given; do
    echo "$client: $(grep '^version' $client/Cargo.toml)"
    (cd $client && cargo metadata --no-deps --format-version 1) >"$client.json" 2>"$client.err" &&
        echo "  Cargo reads it" || sed 's/^/  /' "$client.err"
done
grep -qx 'version = "2017-04-19.0.0"' plain/Cargo.toml
test ! -s plain.json
grep -q "unexpected character '-' after major version number" plain.err
test -s given.json
