package reactor

import (
	"net"
	"runtime"
	"syscall"
	"testing"
)

// BenchmarkIdleConnection reports the heap that an idle connection costs on the server's side, after one request. The
// clients are raw descriptors, so that they cost next to nothing here.
func BenchmarkIdleConnection(b *testing.B) {
	const conns = 2000
	for range b.N {
		r := start(b, &pong{}, Options{})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&before)
		fds := rawClients(b, r.Addrs()[0].(*net.TCPAddr).Port, conns)
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/conns, "heap-B/conn")
		closeAll(fds)
	}
}

// rawClients connects n sockets, each of which has had one PING answered.
func rawClients(b *testing.B, port, n int) []int {
	fds := make([]int, 0, n)
	reply := make([]byte, 16)
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			b.Fatal(err)
		}
		fds = append(fds, fd)
		if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			b.Fatal(err)
		}
		if _, err := syscall.Write(fd, []byte("PING\r\n")); err != nil {
			b.Fatal(err)
		}
		if _, err := syscall.Read(fd, reply); err != nil {
			b.Fatal(err)
		}
	}
	return fds
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}
