# shellcheck shell=bash
# What an administrator does with a recipe of etc/recipes: its lines go into the
# configuration of the cluster that is up, and out again.

# recipe_merge FILE...: slurm.conf with the lines of each file after it put in. A
# keyword's last value holds; parameters that are lists are added to; the first file
# after slurm.conf that has partitions replaces those that were there.
recipe_merge() {
	awk '
		function put(keyword, line) {
			if (!(keyword in lines))
				order[++count] = keyword
			lines[keyword] = line
		}
		function item(parameter) {
			sub(/=.*/, "", parameter)
			return tolower(parameter)
		}
		# items of the list b, and those of a that b does not have
		function merge(a, b,    n, i, items, found, joined) {
			n = split(b, items, ",")
			for (i = 1; i <= n; i++)
				found[item(items[i])] = 1
			joined = b
			n = split(a, items, ",")
			for (i = 1; i <= n; i++)
				if (!(item(items[i]) in found))
					joined = joined "," items[i]
			return joined
		}
		FNR == 1 { file++ }
		/^[ \t]*(#|$)/ { next }
		{
			at = index($0, "=")
			keyword = tolower(substr($0, 1, at - 1))
			value = substr($0, at + 1)
		}
		keyword == "partitionname" {
			if (file > 1 && partitions_of == 1)
				partitions = ""
			partitions_of = file
			partitions = partitions $0 "\n"
			next
		}
		keyword ~ /^(schedulerparameters|slurmctldparameters|preemptparameters|authinfo)$/ {
			if (keyword in list)
				value = merge(list[keyword], value)
			list[keyword] = value
			put(keyword, substr($0, 1, at) value)
			next
		}
		{ put(keyword == "nodename" ? $0 : keyword, $0) }
		END {
			for (i = 1; i <= count; i++)
				print lines[order[i]]
			printf "%s", partitions
		}' "$@"
}

# The lines of one recipe beside those of this release of Slurm, which all share.
recipe_install() { # DIRECTORY
	local etc=$RUN/etc release
	release=$(dirname -- "$1")/slurm-$(tree_release "$SUITE").conf
	recipe_merge "$RUN/etc.before/slurm.conf" "$release" "$1/slurm.conf" >"$etc/slurm.conf"
	[[ ! -e $1/checkpoint.conf ]] || cat "$1/checkpoint.conf" >>"$etc/checkpoint.conf"
	[[ ! -e $1/job_submit.lua ]] || cp "$1/job_submit.lua" "$etc/"
	[[ ! -e $1/accounting.sh ]] || host_run ctl root sh -e <"$1/accounting.sh"
}

recipe_keep() {
	[[ -e $RUN/etc.before ]] || cp -a "$RUN/etc" "$RUN/etc.before"
	recipe_put_back
}

recipe_put_back() {
	rm -f "$RUN/etc/job_submit.lua"
	cp -a "$RUN/etc.before/." "$RUN/etc/"
}

# Since 23.11 a reconfiguration is a new slurmctld; before it not all is read again.
recipe_reconfigure() {
	local release
	vm_configure
	release=$(tree_release "$SUITE")
	if [[ $(printf '%s\n' 23.11 "$release" | sort -V | head -n1) != 23.11 ]]; then
		host_run ctl root scontrol shutdown slurmctld
		wait_for 60 recipe_slurmctld_ended || die "slurmctld does not end"
		host_run ctl root slurmctld
	fi
	if ! wait_for 60 host_run ctl root scontrol reconfigure || ! wait_for 60 recipe_nodes_known; then
		die "slurmctld does not come back: see testbed/cluster logs ctl"
	fi
}

# Nodes that were lost stay so.
recipe_nodes_known() {
	local states
	states=$(host_run ctl root sinfo --noheader --Node --format=%T) && [[ -n $states && $states != *unk* ]]
}

recipe_slurmctld_ended() {
	! host_run ctl root pgrep -x slurmctld >/dev/null
}

# verb_configure [DIRECTORY]: a recipe's, instead of what was before; or that.
verb_configure() {
	(($# <= 1)) || die "configure: one recipe at a time"
	[[ -z ${1-} || -e $1/slurm.conf ]] || die "there is no slurm.conf in '$1'"
	lock cluster
	cluster_load
	if (($#)); then
		recipe_keep
		recipe_install "$(realpath -- "$1")"
	elif [[ -e $RUN/etc.before ]]; then
		recipe_put_back
		rm -rf "$RUN/etc.before"
	else
		return 0
	fi
	recipe_reconfigure
}
