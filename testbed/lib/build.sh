# shellcheck shell=bash
# The project, built in a suite's tree and installed into a layer above it.

MESON_OPTIONS=(--prefix=/usr --sysconfdir=/etc --libexecdir=libexec
	"--libdir=lib/$(uname -m)-linux-gnu" -Dwerror=true)

# in_tree SUITE BUILD COMMAND...: COMMAND as root in the tree, which nothing it
# writes outlives, with the source at /src (read-only) and BUILD at /build.
in_tree() {
	mkdir -p "$2"
	unshare --mount --propagation private --uts --ipc --pid --fork --kill-child \
		env TREE="$TESTBED/$1/root" BUILD="$2" SOURCE="$SOURCE" bash "$HERE/host/chroot.sh" "${@:3}"
}

# The programs that the testbed itself is made of, static so that they run
# on this machine and in every tree; and the library of --no-breakpoints.
build_helpers() { # SUITE
	local bin=$TESTBED/$1/bin stamp program
	stamp=$(cat "$HERE"/host/*.[ch] | sha256sum)
	[[ $(cat "$bin/stamp" 2>/dev/null) != "$stamp" ]] || return 0
	for program in hostinit hostctl vmagent vmctl; do
		in_tree "$1" "$bin" gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -static \
			-o "/build/$program.tmp" "/src/testbed/host/$program.c"
		mv "$bin/$program.tmp" "$bin/$program"
	done
	in_tree "$1" "$bin" gcc -O2 -Wall -Wextra -shared -fPIC -o /build/no-breakpoints.so /src/testbed/host/no-breakpoints.c
	echo "$stamp" >"$bin/stamp"
}

# build_project SUITE "" | -asan
build_project() {
	local build=$TESTBED/$1/build$2 install=$TESTBED/$1/install$2 options=("${MESON_OPTIONS[@]}")
	[[ -z $2 ]] || options+=(-Dsanitize_programs=true)
	mkdir -p "$build"
	if [[ ! -e $build/build.ninja || $(cat "$build/testbed.stamp" 2>/dev/null) != "$SOURCE ${options[*]}" ]]; then
		rm -rf "${build:?}"
		mkdir -p "$build"
		in_tree "$1" "$build" meson setup "${options[@]}" /build /src >&2
		echo "$SOURCE ${options[*]}" >"$build/testbed.stamp"
	fi
	in_tree "$1" "$build" ninja --quiet -C /build -j "$(nproc)" >&2
	rm -rf "$build/install.tmp"
	in_tree "$1" "$build" env DESTDIR=/build/install.tmp meson install --no-rebuild --quiet -C /build >&2
	# a cluster that is up keeps the layer it has; the next `down` removes it
	[[ ! -e $install ]] || mv "$install" "$(mktemp -d "$TESTBED/$1/install.old.XXXXXX")"
	mv "$build/install.tmp" "$install"
	cluster_is_up || rm -rf "$TESTBED/$1"/install.old.*
}
