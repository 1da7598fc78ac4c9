package node

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/settings"
)

// announce tells people where they find the node, once it serves.
func (n *Node) announce() {
	for _, a := range n.listener.Addrs() {
		n.log.Info("ready for clients", "address", a.String())
	}
	n.writeBanner()
}

// writeBanner prints how to connect, where the data is and where the metrics
// are.
func (n *Node) writeBanner() {
	var b strings.Builder
	fmt.Fprintf(&b, "postkeys %s is ready.\n", n.opts.Version)
	password := ""
	if n.settings.Text(settings.RequirePass) != "" {
		password = " --askpass"
	}
	for _, a := range n.listener.Addrs() {
		fmt.Fprintf(&b, "  connect   redis-cli%s%s\n", connectOptions(a), password)
	}
	fmt.Fprintf(&b, "  data      PostgreSQL %s, %s\n", n.engine.ServerVersion(), n.place)
	if n.metrics != nil {
		fmt.Fprintf(&b, "  metrics   http://%s/metrics\n", reachable(n.metrics.Addr()))
	}
	// Nothing can be done if standard output is closed.
	_, _ = io.WriteString(n.opts.Banner, b.String())
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
