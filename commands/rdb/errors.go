package rdb

import "errors"

// What is wrong with a payload. Errors of Decode wrap exactly one of these.
var (
	// ErrFooter: too short, of a later version, or changed on the way. RESTORE answers
	// "ERR DUMP payload version or checksum are wrong".
	ErrFooter = errors.New("DUMP payload version or checksum are wrong")
	// ErrBadData: not a well-formed value. RESTORE answers "ERR Bad data format".
	ErrBadData = errors.New("Bad data format")
	// ErrUnsupported: a stream or a value of a module, whose contents were not looked at.
	ErrUnsupported = errors.New("type of value is not supported")
	// ErrTooLarge: the value would take more memory than the caller allows.
	ErrTooLarge = errors.New("value is too large")
)
