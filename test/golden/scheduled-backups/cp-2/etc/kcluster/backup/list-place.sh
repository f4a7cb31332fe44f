#!/bin/sh
# Written by kcluster. Lists the backups of one cluster in one directory, here or on a host that copies go to:
# NAME <tab> time as 20261126T150000Z <tab> 1 when its record fits its archive, else 0 <tab> bytes of the archive.
#
#   list-place.sh DIRECTORY CLUSTER
set -u
LC_ALL=C
export LC_ALL

cd -- "$1" || exit
cluster=$2

# What is between the cluster's name and the node's: other clusters may have names that begin alike.
for each in "$cluster"-*; do
  case $each in
    *.json) echo "${each%.json}" ;;
    *.tar.zst | *.tar.gz) echo "${each%.tar.*}" ;;
    *.tar.zst.age | *.tar.gz.age) echo "${each%.tar.*.age}" ;;
  esac
done | sort -u | while IFS= read -r name; do
  stamp=$(printf '%s\n' "${name#"$cluster"-}" | sed -n 's/^\([0-9]\{8\}T[0-9]\{6\}Z\)-[A-Za-z0-9.-]*$/\1/p')
  [ -n "$stamp" ] || continue
  good=0 bytes=0
  for each in "$name".tar.*; do
    [ ! -f "$each" ] || bytes=$(wc -c <"$each" | tr -d ' ')
  done
  if [ -f "$name.json" ]; then
    file=$(sed -n 's/.*"archive": *{.*"file": *"\([A-Za-z0-9._-]*\)".*/\1/p' "$name.json")
    size=$(sed -n 's/.*"archive": *{.*"sizeBytes": *\([0-9][0-9]*\).*/\1/p' "$name.json")
    [ -n "$file" ] && [ -f "$file" ] && [ "$(wc -c <"$file" | tr -d ' ')" = "$size" ] && good=1
  fi
  printf '%s\t%s\t%s\t%s\n' "$name" "$stamp" "$good" "$bytes"
done
