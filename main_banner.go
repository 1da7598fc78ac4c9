package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/settings"
)

// announce tells people where they find the node, once it serves.
func (n *node) announce() {
	for _, a := range n.reactor.Addrs() {
		n.log.Info("ready for clients", "address", a.String())
	}
	writeBanner(os.Stdout, n)
}

// writeBanner prints how to connect, where the data is and where the metrics
// are.
func writeBanner(out io.Writer, n *node) {
	var b strings.Builder
	fmt.Fprintf(&b, "postkeys %s is ready.\n", Version())
	password := ""
	if n.settings.Text(settings.RequirePass) != "" {
		password = " --askpass"
	}
	for _, a := range n.reactor.Addrs() {
		fmt.Fprintf(&b, "  connect   redis-cli%s%s\n", connectOptions(a), password)
	}
	fmt.Fprintf(&b, "  data      PostgreSQL %s, %s\n", n.engine.ServerVersion(), n.place)
	if n.metrics != nil {
		fmt.Fprintf(&b, "  metrics   http://%s/metrics\n", reachable(n.metrics.addr))
	}
	// Nothing can be done if standard output is closed.
	_, _ = io.WriteString(out, b.String())
}

// connectOptions are those of redis-cli that lead to an address.
func connectOptions(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return " -s " + a.String()
	case tcp.IP.IsUnspecified() || tcp.IP.Equal(net.IPv4(127, 0, 0, 1)):
		return " -p " + strconv.Itoa(tcp.Port)
	default:
		return " -h " + tcp.IP.String() + " -p " + strconv.Itoa(tcp.Port)
	}
}

// reachable is an address that a person on this machine can use.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return a.String()
}
