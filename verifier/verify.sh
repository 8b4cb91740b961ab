#!/bin/sh
# sh verify.sh [FINGERPRINT]
#
# Checks this archive with openssl (3 or later), sha256sum and the usual tools of a Unix system (sed, grep, sort,
# cut, tr, wc, find, tail, base64). It needs no network and no part of the program that made the archive. With FINGERPRINT
# (64 hex digits) the signing key must be that one. Exit code 0: all is as it was sealed; 1: it is not.
#
# It checks what is signed, and every file against what is signed. Only verify.mjs also recomputes the chain of
# the timeline; here the timeline is one of the files.
set -u
LC_ALL=C
export LC_ALL
umask 077
cd "$(dirname "$0")" || exit 1
wanted=${1:-}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
: >"$work/keys"

fail() { # file, expected, found
  printf '%s: expected %s, found %s\n' "$1" "$2" "$3" >&2
  bad=$((bad + 1))
}
digest() { sha256sum <"$1" 2>/dev/null | cut -c 1-64; }
size() { wc -c <"$1" | tr -d ' '; }
# In canonical JSON every quote inside a text is escaped, so no text can look like a member.
field() { sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p" "$2"; }

# What a signed envelope says about a file: its one subject must be that file with its present digest.
signed() { # envelope, file's path, its name in the statement
  if [ ! -f "$1" ] || [ ! -f "$2" ]; then
    fail "$1" "$2 and its signature" "no file"
    return
  fi
  keyid=$(field keyid "$1")
  case $keyid in
    '' | *[!0-9a-f]*) fail "$1" 'the id of a key' "${keyid:-none}"; return ;;
  esac
  key=evidence/public-keys/$keyid.pem
  if [ "$(openssl pkey -pubin -in "$key" -outform DER 2>/dev/null | sha256sum | cut -c 1-64)" != "$keyid" ]; then
    fail "$key" "the key $keyid" 'another one, or none'
    return
  fi
  type=$(field payloadType "$1")
  field payload "$1" | base64 -d >"$work/payload" 2>/dev/null
  field sig "$1" | base64 -d >"$work/signature" 2>/dev/null
  # DSSE: the bytes that are signed are the type and the payload, each with its length.
  { printf 'DSSEv1 %s %s %s ' "${#type}" "$type" "$(size "$work/payload")"; cat "$work/payload"; } >"$work/signed"
  hash='-digest sha256'
  openssl pkey -pubin -in "$key" -noout -text 2>/dev/null | grep -q ED25519 && hash=
  # shellcheck disable=SC2086
  if ! openssl pkeyutl -verify -pubin -inkey "$key" -rawin $hash -in "$work/signed" \
    -sigfile "$work/signature" >/dev/null 2>&1; then
    fail "$1" "a signature by the key $keyid" 'one that does not verify'
    return
  fi
  echo "$keyid" >>"$work/keys"
  subject="\"subject\":[{\"digest\":{\"sha256\":\"$(digest "$2")\"},\"name\":\"$3\"}]"
  grep -qF "$subject" "$work/payload" ||
    fail "$2" "the file that was signed" "$(size "$2") bytes with SHA-256 $(digest "$2")"
}

# 1. Every file is listed, and is what the list says; the list is signed.
signed SHA256SUMS.dsse.json SHA256SUMS SHA256SUMS
sha256sum -c SHA256SUMS >"$work/checked" 2>&1 || {
  grep -v ': OK$' "$work/checked" >&2
  bad=$((bad + 1))
}
find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.dsse.json | sed 's|^\./||' | sort >"$work/present"
cut -c 67- SHA256SUMS | sort >"$work/listed"
cmp -s "$work/present" "$work/listed" || fail 'the files' 'those of SHA256SUMS' 'more or fewer'
[ -z "$(find . ! -type f ! -type d)" ] || fail 'the files' 'plain files only' 'a link or a device'

# 2. The seals of the case: each manifest is signed, and names the one before it.
case_folder=$(echo evidence/cases/*)
incident=${case_folder##*/}
last=
previous=null
number=1
while :; do
  name=manifest.json
  [ "$number" -eq 1 ] || name=manifest-$number.json
  [ -f "$case_folder/$name" ] || break
  last=$case_folder/$name
  signed "${last%json}dsse.json" "$last" "$name"
  grep -qF "\"incident\":\"$incident\"" "$last" && grep -qF "\"number\":$number,\"previous\":$previous," "$last" ||
    fail "$last" "manifest $number of $incident after $previous" 'another manifest'
  stamp=${last%json}timestamp.dsse.json
  if [ -f "$stamp" ]; then
    signed "$stamp" "${last%json}dsse.json" "${name%json}dsse.json"
    # The authority's own answer, over the signature of the seal.
    if [ -f evidence/timestamp-authority.pem ]; then
      field response "$work/payload" | base64 -d >"$work/answer.tsr" 2>/dev/null
      if openssl ts -verify -data "${last%json}dsse.json" -in "$work/answer.tsr" \
        -CAfile evidence/timestamp-authority.pem >/dev/null 2>&1; then
        echo "time stamp of ${name%json}dsse.json: $(field at "$work/payload"), by the authority of evidence/timestamp-authority.pem"
      else
        fail "$stamp" 'a time stamp by the authority of evidence/timestamp-authority.pem' 'one that does not verify'
      fi
    fi
  fi
  previous="\"$(digest "$last")\""
  number=$((number + 1))
done
[ -n "$last" ] || fail "$case_folder/manifest.json" 'a manifest' 'none'

# 3. Records and objects are exactly those that the last manifest names.
if [ -n "$last" ]; then
  grep -o '"sha256":"[0-9a-f]\{64\}"' "$last" | cut -c 11-74 | sort -u >"$work/expected"
  {
    for record in "$case_folder"/records/*.json; do
      digest "$record"
      # A record's own number is its last member; it must stand under that name.
      stem=${record##*/}
      number=$(echo "${stem%.json}" | sed 's/^0*//')
      tail -c 24 "$record" | grep -q "\"seq\":$number}\$" || echo "$record: expected record $number, found another" >&3
    done
    [ ! -d evidence/objects ] || find evidence/objects -type f | sed 's|.*/||'
  } 3>"$work/misplaced" | sort -u >"$work/found"
  # Left by an interrupted write, and kept: named by a record, not by the manifest.
  grep -ho '"object":"[0-9a-f]\{64\}"' "$case_folder"/records/*.json | cut -c 11-74 | sort -u >"$work/abandoned"
  # Removed by retention: a sealed record says so.
  grep -ho '"objects":\["[0-9a-f",]*"\]' "$case_folder"/records/*.json | grep -o '[0-9a-f]\{64\}' | sort -u >"$work/purged"
  sort -u "$work/expected" "$work/abandoned" >"$work/all"
  comm -23 "$work/all" "$work/found" | comm -23 - "$work/purged" | while read -r hash; do
    echo "$hash: expected the record or object with this SHA-256, found none"
  done >>"$work/misplaced"
  comm -13 "$work/all" "$work/found" | while read -r hash; do
    echo "$hash: expected no such record or object, found one"
  done >>"$work/misplaced"
  find evidence -type f -path '*/objects/*' | while read -r object; do
    [ "$(digest "$object")" = "${object##*/}" ] ||
      echo "$object: expected the bytes that it is named for, found $(size "$object") bytes with SHA-256 $(digest "$object")"
  done >>"$work/misplaced"
  if [ -s "$work/misplaced" ]; then
    cat "$work/misplaced" >&2
    bad=$((bad + 1))
  fi
fi

signers=$(sort -u "$work/keys" | tr '\n' ' ' | sed 's/ $//')
[ -z "$wanted" ] || [ "$signers" = "$wanted" ] || fail 'the signing key' "$wanted" "${signers:-none}"
echo "signed by ${signers:-nobody}"
if [ "$bad" -eq 0 ]; then
  echo "$incident: verified"
  [ -n "$wanted" ] || echo 'Compare the key above with the fingerprint that you were given.'
  exit 0
fi
echo "$incident: NOT verified"
exit 1
