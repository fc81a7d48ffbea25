#!/usr/bin/env bash
# git 2.39.5 (Debian): the answer of a credential helper counts, also when the helper fails.
#
# A credential helper writes a credential to its standard output. One that cannot give a good one, say since
# its store is away when it has begun to write, ends with another status than 0.
# Expected: git does not use what a helper says that has failed, and asks the next one.
# What happens: git takes the credential, and asks nobody else. What counts is the output alone: to stop git, a
# helper writes `quit=1`, and to let it go on, nothing.
#
# Needs apt-get and dpkg. Nothing is sent anywhere; ends with 0 where it happens as said.
set -euo pipefail
version=1:2.39.5-0+deb12u3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "git=$version" >/dev/null 2>&1
dpkg -x ./git_*.deb .
export HOME="$folder" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_EXEC_PATH="$folder/usr/lib/git-core"
git=$folder/usr/bin/git
"$git" --version

failing='!echo username=failing; echo password=from-the-one-that-failed; exit 3; :'
sound='!echo username=sound; echo password=from-the-next-one; :'
silent='!exit 3; :'
quitting='!echo quit=1; exit 0; :'

fill() {
    printf 'protocol=https\nhost=git.example\n\n' |
        "$git" -c credential.helper= -c credential.helper="$1" -c credential.helper="$sound" \
            credential fill 2>&1 || true
}

said=$(fill "$failing")
echo "one that answers and fails, and another one behind it: $said"
grep -q '^password=from-the-one-that-failed$' <<<"$said"

said=$(fill "$silent")
echo "one that says nothing and fails: $said"
grep -q '^password=from-the-next-one$' <<<"$said"

said=$(fill "$quitting")
echo "one that says quit=1 and ends well: $said"
! grep -q '^password=' <<<"$said"
