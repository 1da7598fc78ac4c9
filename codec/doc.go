// Package codec turns bytes into Redis commands and replies into bytes: RESP2, RESP3 and inline commands.
//
// It does no I/O, starts no goroutines and keeps no state beyond a Decoder (one per connection) and the pools behind
// Batch and GetBuffer. Arguments are never copied here: they are slices of the buffer they arrived in, which a Batch
// owns until it is released. Nothing is allocated because a peer declared a length; memory follows received bytes.
//
// Reading has three outcomes that callers must tell apart: ErrIncomplete (wait for more bytes), a *ProtocolError of
// kind Malformed, and one of kind TooLarge. After either of the latter the byte stream has no known frame boundary any
// more, so the connection has to be closed once the error has been sent.
//
// A Decoder, an Encoder and a Batch belong to one goroutine at a time; the pools may be used from any.
package codec
