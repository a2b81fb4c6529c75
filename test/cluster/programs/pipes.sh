#!/bin/bash
# Pipelines, children, a here-document, a trap, a file of its own.
steps=${1:-80}
trap 'echo leaving' EXIT
exec 3>pipes.log
producer() {
	local i
	for ((i = 1; i <= steps; i++)); do
		echo "$i"
		sleep "${PACE:-0.1}"
	done
}
producer | while read -r n; do
	sum=$(seq "$n" | paste -sd+ | bc 2>/dev/null || echo $((n * (n + 1) / 2)))
	echo "$n $sum $(printf '%s' "$n$sum" | md5sum | cut -c1-8)"
	echo "log $n" >&3
done | sed 's/^/line /'
cat <<END
total $(wc -l <pipes.log)
END
