# shellcheck shell=bash
# A server on ctl that says back what it hears, at port 7788.

serve() {
	put server.py <<'END'
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(("", 7788), Echo).serve_forever()
END
	(exec "$ROOT/testbed/cluster" run -u alice ctl python3 "$WORK/server.py" 3>&-) &
	SERVER=$!
	until_true 60 "the server answers" root bash -c ': </dev/tcp/ctl/7788'
}

# Before the next one is started it has let go of the port.
end_server() {
	[[ -n ${SERVER-} ]] || return 0
	kill "$SERVER" 2>/dev/null || true
	wait "$SERVER" || true
}
