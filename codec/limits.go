package codec

import "math"

// Limits bound what one command may hold. They are read while a command is decoded, so a change applies to the next
// length that is read.
type Limits struct {
	MaxArgs        int   // arguments of one command, the name included; inline ones are bounded by MaxInlineBytes
	MaxBulkBytes   int64 // bytes of one argument (proto-max-bulk-len)
	MaxInlineBytes int   // bytes of an inline command, and of a length line that never ends

	// Unauthenticated marks the narrow limits of a client that has yet to log in: exceeding MaxArgs or MaxBulkBytes
	// then gets an error of its own, unless the length would be invalid for anybody.
	Unauthenticated bool
}

// DefaultLimits are those of Redis, with its former maximum of arguments.
var DefaultLimits = Limits{MaxArgs: 1024 * 1024, MaxBulkBytes: 512 << 20, MaxInlineBytes: 64 << 10}

// UnauthenticatedLimits hold before AUTH when a password is set, so that strangers cannot make the server buffer much.
var UnauthenticatedLimits = Limits{MaxArgs: 10, MaxBulkBytes: 16384, MaxInlineBytes: 64 << 10, Unauthenticated: true}

// maxBulkBytes holds whatever MaxBulkBytes says: adding an offset to a length must not overflow.
const maxBulkBytes = 1 << 40

func (l *Limits) checkArgs(n int64) *ProtocolError {
	switch {
	case l.Unauthenticated && n > int64(l.MaxArgs) && n <= math.MaxInt32:
		return errMultibulkUnauth
	case n > int64(l.MaxArgs):
		return errMultibulkTooLarge
	}
	return nil
}

func (l *Limits) checkBulk(n int64) *ProtocolError {
	switch {
	case n < 0:
		return errBulkLength
	case l.Unauthenticated && n > l.MaxBulkBytes && n <= DefaultLimits.MaxBulkBytes:
		return errBulkUnauth
	case n > l.MaxBulkBytes || n > maxBulkBytes:
		return errBulkTooLarge
	}
	return nil
}
