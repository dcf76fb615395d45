#!/bin/bash
# Compares wordcount with tr, sort and uniq over the same files: Debian's licences, and files made
# to be awkward. Usage: wordcount_test.sh TOOL WORDCOUNT RANKS
set -euo pipefail
export LC_ALL=C

tool=$1 wordcount=$2 ranks=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The reference: the words of all regular files below the folders, each inode once, file by file,
# since a word ends where its file ends.
reference() {
  find "$@" -type f -printf '%D:%i %p\0' | sort -z -u -t ' ' -k 1,1 | cut -z -d ' ' -f 2- |
    xargs -0 -I{} sh -c "tr -cs A-Za-z '\n' < \"\$1\"; echo" - {} |
    tr A-Z a-z | sed '/^$/d' | sort | uniq -c | sort -k 1,1nr -k 2,2 | awk '{ print $1, $2 }'
}

failures=0
compare() {
  local name=$1
  shift
  reference "$@" > "$folder/expected"
  if [ ! -s "$folder/expected" ]; then
    echo "$name: the reference has no words"
    failures=$((failures + 1))
  fi
  if ! "$tool" run -n "$ranks" --timeout 60 "$wordcount" --all "$@" \
    > "$folder/counted" 2> "$folder/errors"; then
    echo "$name: wordcount has failed:"
    cat "$folder/errors"
    failures=$((failures + 1))
  elif ! diff "$folder/expected" "$folder/counted" > "$folder/difference"; then
    echo "$name: other words than tr, sort and uniq count:"
    head -20 "$folder/difference" | cut -c 1-100
    failures=$((failures + 1))
  fi
}

compare "licences" /usr/share/common-licenses
if [ -s "$folder/errors" ]; then
  echo "licences: unexpected messages:"
  cat "$folder/errors"
  failures=$((failures + 1))
fi

awkward=$folder/texts
mkdir -p "$awkward/a folder/deeper" "$awkward/empty folder"
printf 'no newline at the end' > "$awkward/unended"
printf 'starts where another has ended' > "$awkward/unended too"
: > "$awkward/empty"
printf '12345 67\n\n--\n' > "$awkward/no words"
printf 'Stra\303\237e na\303\257ve caf\303\251 don'\''t x86-64 \000 nul\000byte\n' > "$awkward/bytes"
printf 'One one ONE oNe\r\ntwo\ttwo\n' > "$awkward/a folder/deeper/cases"
# A word across every 64 KiB, and one longer than that.
awk 'BEGIN { for (i = 0; i < 30000; ++i) printf "abcdefghijk%s", i % 7 ? " " : "\n" }' \
  > "$awkward/a folder/long"
awk 'BEGIN { for (i = 0; i < 100000; ++i) printf "z"; print " end" }' > "$awkward/one long word"
ln "$awkward/bytes" "$awkward/a folder/the same bytes"
ln -s ../bytes "$awkward/a folder/link to bytes"
ln -s .. "$awkward/a folder/link to the parent"
ln -s nowhere "$awkward/dangling"
compare "awkward files" "$awkward"
if [ "$(grep -c dangling "$folder/errors")" != 1 ]; then
  echo "awkward files: the dangling link is not named once:"
  cat "$folder/errors"
  failures=$((failures + 1))
fi

# The same files by several names.
compare "named twice" "$awkward" "$awkward/a folder" "$awkward/bytes"

exit $((failures > 0))
