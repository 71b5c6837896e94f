#!/bin/sh
# Print `TMPDIR=folder` if a folder in memory has two gigabytes of room; nothing otherwise.
folder=/dev/shm
[ -w "$folder" ] || exit 0
free=$(df -Pk "$folder" 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ "${free:-0}" -gt 2000000 ]; then
    echo "TMPDIR=$folder"
fi
