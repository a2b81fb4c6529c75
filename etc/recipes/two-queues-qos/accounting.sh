#!/bin/sh
# Makes the QOS of two-queues-qos. Run it once, on a host where sacctmgr works. "users" is an
# account: all users below it may use both QOS.
sacctmgr -i add qos low
sacctmgr -i add qos high
sacctmgr -i modify qos low set PreemptMode=REQUEUE GraceTime=60
sacctmgr -i modify qos high set PreemptMode=OFF Preempt=low Priority=1000
sacctmgr -i modify account users set QOS=low,high DefaultQOS=low
