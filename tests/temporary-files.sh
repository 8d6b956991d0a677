#!/bin/sh
# Where tests keep their files: in memory where it has room for all of them, or else where the machine says.
# Nothing that is tested needs the disk itself, and on a slow one its flushes are most of what tests wait for.
kilobytes=8000000
free=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo 2>/dev/null)
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -w /dev/shm ] && [ "${free:-0}" -gt $kilobytes ] && [ "${room:-0}" -gt $kilobytes ]; then
    echo /dev/shm
else
    echo "${TMPDIR:-/tmp}"
fi
