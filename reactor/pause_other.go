//go:build !linux

package reactor

import "github.com/panjf2000/gnet/v2"

func pollFD(gnet.EventLoop) int { return -1 }

func setReading(int, int, bool) bool { return false }
