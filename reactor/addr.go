package reactor

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"github.com/panjf2000/gnet/v2"
)

// listenAddr asks the socket behind one of Options.Addrs where it listens.
func listenAddr(eng gnet.Engine, addr string) (net.Addr, error) {
	if path, ok := strings.CutPrefix(addr, "unix://"); ok {
		return &net.UnixAddr{Name: path, Net: "unix"}, nil
	}
	fd, err := eng.DupListener("tcp", strings.TrimPrefix(addr, "tcp://"))
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), addr)
	defer func() { _ = f.Close() }()
	ln, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr(), nil
}

// localName is the address of this end as CLIENT LIST shows it. gnet only knows the address the listener was given, so
// with a listener on all interfaces or any port the socket is asked. There are few different names, and names holds each
// once.
func localName(gc gnet.Conn, names map[netip.AddrPort]string) string {
	var ap netip.AddrPort
	switch a := gc.LocalAddr().(type) {
	case *net.UnixAddr:
		return a.Name + ":0"
	case *net.TCPAddr:
		ap = a.AddrPort()
	default:
		return ""
	}
	if !ap.Addr().IsValid() || ap.Addr().IsUnspecified() || ap.Port() == 0 {
		switch sa, _ := syscall.Getsockname(gc.Fd()); sa := sa.(type) {
		case *syscall.SockaddrInet4:
			ap = netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
		case *syscall.SockaddrInet6:
			ap = netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
		}
	}
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	s, ok := names[ap]
	if !ok {
		s = ap.String()
		names[ap] = s
	}
	return s
}
