# shellcheck shell=bash
# The network between the hosts: a bridge in a network namespace of its own,
# and one namespace for each host, kept by bind mounts below RUN/net. Nothing
# is added to this machine's own network.

network_address() { # HOST
	case $1 in
	ctl) echo 10.77.0.250 ;;
	nfs) echo 10.77.0.251 ;;
	share) echo 10.77.0.252 ;;
	*) echo "10.77.0.${1#n}" ;;
	esac
}

network_in() { # NAMESPACE COMMAND...
	nsenter --net="$RUN/net/$1" "${@:2}"
}

network_create() { # NAMESPACE
	touch "$RUN/net/$1"
	unshare --net="$RUN/net/$1" ip link set lo up
}

network_remove() { # NAMESPACE
	umount "$RUN/net/$1" 2>/dev/null || true # not mounted: nothing to remove
	rm -f "$RUN/net/$1"
}

# The switch, and the names of all hosts.
network_up() { # HOST...
	local host
	mkdir -p "$RUN/net"
	network_create switch
	network_in switch ip -batch - <<-END
		link add switch type bridge
		link set switch up
	END
	{
		echo '127.0.0.1 localhost'
		for host; do
			echo "$(network_address "$host") $host"
		done
	} >"$RUN/hosts.txt"
}

network_plug() { # HOST
	network_create "$1"
	network_in switch ip -batch - <<-END
		link add port-$1 type veth peer name eth0 netns $RUN/net/$1
		link set port-$1 master switch up
	END
	# A dead peer is found unreachable within a second or two: Slurm would
	# else wait for its own timeouts, and try five times over.
	network_in "$1" ip -batch - <<-END
		addr add $(network_address "$1")/24 dev eth0
		ntable change name arp_cache dev eth0 base_reachable 1000 retrans 200 delay_probe 200
		link set eth0 up
	END
}

# Pulled before the host dies, so that its peers see silence and not its
# kernel closing connections, as when the power fails.
network_unplug() { # HOST
	[[ ! -e $RUN/net/$1 ]] || network_in switch ip link delete "port-$1" 2>/dev/null || true
}
