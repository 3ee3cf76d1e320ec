# How a server that cannot ask the system for a free port comes to one: read by the other scripts.

# Calls `start_on PORT` with one port after the other, drawn from those that outgoing connections
# do not use, until a server runs on it; the port stands in the file then. Nobody can take a port
# between a look and the start, because there is no look: who comes second fails and goes on.
take_port() {
    for port in $(shuf --input-range=20000-32000 --head-count=10); do
        echo "$port" >"$1"
        if start_on "$port"; then return 0; fi
    done
    echo "$0: does not start; see server.log beside $1" >&2
    return 1
}
