package codec

import (
	"math/bits"
	"sync"
)

const (
	minBufferBits = 9  // 512 bytes: a typical request or reply
	maxBufferBits = 20 // 1 MB: beyond it, the garbage collector is cheaper than keeping the memory
)

var (
	bufferPools [maxBufferBits - minBufferBits + 1]sync.Pool
	// headerPool recycles the boxes that carry slices through bufferPools: a plain slice would be boxed, and thus
	// allocated, on every put.
	headerPool = sync.Pool{New: func() any { return new([]byte) }}
)

// GetBuffer returns an empty buffer with room for at least n bytes. It may be called from any goroutine.
func GetBuffer(n int) []byte {
	if n > 1<<maxBufferBits {
		return make([]byte, 0, n)
	}
	class := 0
	if n > 1<<minBufferBits {
		class = bits.Len(uint(n-1)) - minBufferBits
	}
	if h, ok := bufferPools[class].Get().(*[]byte); ok {
		b := *h
		*h = nil
		headerPool.Put(h)
		return b
	}
	return make([]byte, 0, 1<<(class+minBufferBits))
}

// PutBuffer gives a buffer back; nobody may use b or a slice of it afterwards. Any heap slice will do. Buffers over 1 MB
// or under 512 bytes are left to the garbage collector. It may be called from any goroutine.
func PutBuffer(b []byte) {
	if cap(b) < 1<<minBufferBits || cap(b) > 1<<maxBufferBits {
		return
	}
	h := headerPool.Get().(*[]byte)
	*h = b[:0]
	bufferPools[bits.Len(uint(cap(b)))-1-minBufferBits].Put(h)
}
