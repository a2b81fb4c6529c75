#!/bin/bash
# What it has done so far is in its TMPDIR alone: a file that stays open, and one that is
# replaced again and again.
steps=${1:-80}
exec 4>>"$TMPDIR/log"
for ((i = 1; i <= steps; i++)); do
	echo "step $i" >&4
	md5sum <"$TMPDIR/log" >"$TMPDIR/sum.new"
	mv "$TMPDIR/sum.new" "$TMPDIR/sum"
	echo "$i $(wc -l <"$TMPDIR/log") $(cut -c1-8 "$TMPDIR/sum")"
	sleep "${PACE:-0.1}"
done
