package reactor

import (
	"reflect"
	"syscall"

	"github.com/panjf2000/gnet/v2"
)

// pollFD finds the epoll instance of a gnet loop, -1 if gnet has changed. A test guards it.
func pollFD(el gnet.EventLoop) int {
	v := reflect.Indirect(reflect.ValueOf(el))
	if v.Kind() != reflect.Struct {
		return -1
	}
	if v = reflect.Indirect(v.FieldByName("poller")); v.Kind() != reflect.Struct {
		return -1
	}
	if v = v.FieldByName("fd"); v.Kind() != reflect.Int {
		return -1
	}
	return int(v.Int())
}

// setReading says whether epoll reports fd as readable. Turned on, it reports at once if there is something to read. The
// client's leaving is not reported while off: it would end the connection before the input in front of it is read.
func setReading(pollFD, fd int, on bool) bool {
	const edge = 1 << 31 // EPOLLET; the syscall package has it as a negative number
	events := uint32(syscall.EPOLLOUT | edge)
	if on {
		events |= syscall.EPOLLIN | syscall.EPOLLPRI | syscall.EPOLLRDHUP
	}
	return syscall.EpollCtl(pollFD, syscall.EPOLL_CTL_MOD, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)}) == nil
}
