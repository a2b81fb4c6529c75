#!/usr/bin/env bats
# scheckpoint able PROGRAM: may it be checkpointed here, by what, and if not, why.

load lib

setup() { new_workdir; }

able() { run cluster run -u alice n1 sh -c 'cd "$1" && shift && exec scheckpoint able "$@"' _ "$WORK" "$@"; }
# by_criu: of what it said, leave out why the other engines will not do
by_criu() { mapfile -t lines < <(grep -vE "cannot be checkpointed by (app|dmtcp): " <<<"$output"); }

# bats test_tags=sanitize
@test "what can be checkpointed is said with the engine and how it is linked" {
	build static -static
	put job.sh <<<$'#!/bin/bash\ntrue'
	able ./static /bin/sleep job.sh
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"./static cannot be checkpointed by app: a job that saves itself has to name the signal"* ]]
	by_criu
	[[ ${lines[0]} == "./static can be checkpointed by criu "*" on Linux "*": it is linked statically, for "*" bits" ]]
	[[ ${lines[1]} == "/bin/sleep can be "*": it is linked dynamically, for "* ]]
	[[ ${lines[2]} == "job.sh can be "*": it is a script for /bin/bash, which is linked dynamically, for "* ]]
	[ "${#lines[@]}" -eq 3 ]
}

# bats test_tags=sanitize
@test "what cannot is refused in a sentence each" {
	put text <<<"echo"
	put plain.sh <<<$'#!/bin/sh\ntrue'
	put lost.sh <<<$'#!/usr/bin/nonesuch\ntrue'
	alice sh -c 'cd "$1" && chmod 644 plain.sh && head -c 100 /bin/sleep >short && chmod 755 short' _ "$WORK"
	able ./text ./plain.sh ./lost.sh ./short banana
	echo "$output"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 5 ]
	[[ ${lines[0]} == "scheckpoint: error: ./text is neither an ELF program nor a script"* ]]
	[[ ${lines[1]} == "scheckpoint: error: ./plain.sh is not executable"* ]]
	[[ ${lines[2]} == "scheckpoint: error: /usr/bin/nonesuch: No such file"* ]]
	[[ ${lines[3]} == "scheckpoint: error: ./short is damaged: it is cut short" ]]
	[[ ${lines[4]} == "scheckpoint: error: Invalid job id banana" ]]
}

@test "privileges that a program would have to do without are said" {
	alice sh -c 'cd "$1" && cp /bin/sleep it && chmod 6755 it && ./it 0' _ "$WORK"
	cluster run n1 install -m 755 /bin/sleep /usr/local/bin/capable
	cluster run n1 setcap cap_net_raw+ep /usr/local/bin/capable
	able ./it /usr/local/bin/capable
	echo "$output"
	cluster run n1 rm /usr/local/bin/capable
	[ "$status" -eq 0 ]
	by_criu
	[ "${lines[1]}" = "./it has the set-user-ID bit, and runs without in a job that can be checkpointed" ]
	[ "${lines[2]}" = "./it has the set-group-ID bit, and runs without in a job that can be checkpointed" ]
	[ "${lines[4]}" = "/usr/local/bin/capable has file capabilities, and runs without in a job that can be checkpointed" ]
}

@test "a machine that does not fit is refused, whatever the program" {
	cluster run n1 mount --bind /dev/null /usr/sbin/criu
	able /bin/sleep ./nonesuch
	echo "$output"
	cluster run n1 umount /usr/sbin/criu
	[ "$status" -eq 1 ]
	by_criu
	[[ ${lines[0]} == "/bin/sleep cannot be checkpointed by criu: criu is not installed on this node"* ]]
	[[ ${lines[1]} == "scheckpoint: error: ./nonesuch: No such file"* ]]
	[ "${#lines[@]}" -eq 2 ]
}
