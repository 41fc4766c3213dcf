#!/bin/sh
# usage: embed.sh TABLE PREFIX FILE...
# Write C on stdout: const struct embed_file TABLE[] with each FILE's text, named without PREFIX.
# So the programs find their presets and templates from any folder.
set -eu
table=$1 prefix=$2
shift 2
echo '#include "engine/base/embed.h"'
echo
n=0
for file in "$@"; do
    echo "static const char text_${n}[] = {"
    od -An -v -tu1 "$file" | tr -s ' ' ',' | sed 's/^,//; s/$/,/'
    echo '0};'
    n=$((n + 1))
done
echo "const struct embed_file ${table}[] = {"
n=0
for file in "$@"; do
    echo "    {\"${file#"$prefix"}\", text_$n, sizeof text_$n - 1},"
    n=$((n + 1))
done
echo "    {0, 0, 0}};"
