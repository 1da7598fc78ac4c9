package commands

// option is a set of options of SET and GETEX.
type option uint16

const (
	optionNX option = 1 << iota
	optionXX
	optionGet
	optionKeepTTL
	optionPersist
	optionEX
	optionPX
	optionEXAT
	optionPXAT

	anyExpiry = optionEX | optionPX | optionEXAT | optionPXAT
	anyOption = optionPXAT<<1 - 1
)

// optionOf returns the option that a word names in any case, 0 if none.
func optionOf(word []byte) option {
	var lower [len("keepttl")]byte
	if len(word) > len(lower) {
		return 0
	}
	for i, ch := range word {
		lower[i] = ch | 0x20
	}
	switch string(lower[:len(word)]) {
	case "nx":
		return optionNX
	case "xx":
		return optionXX
	case "get":
		return optionGet
	case "keepttl":
		return optionKeepTTL
	case "persist":
		return optionPersist
	case "ex":
		return optionEX
	case "px":
		return optionPX
	case "exat":
		return optionEXAT
	case "pxat":
		return optionPXAT
	}
	return 0
}

// excludes returns the options that may not have come before o. Each option
// may be repeated; of several values of one expiry option the last counts.
func (o option) excludes() option {
	switch o {
	case optionNX:
		return optionXX
	case optionXX:
		return optionNX
	case optionGet:
		return 0
	default: // options about the expiry exclude each other
		return (anyExpiry | optionKeepTTL | optionPersist) &^ o
	}
}

// setOptions are the options of SET or GETEX as given.
type setOptions struct {
	given    option
	lifetime []byte // argument of the expiry option
}

// parseSetOptions reads options in any order. It reports false for a syntax
// error, which includes options that the command does not have.
func parseSetOptions(args [][]byte, allowed option) (o setOptions, ok bool) {
	for i := 0; i < len(args); i++ {
		opt := optionOf(args[i])
		if opt&allowed == 0 || o.has(opt.excludes()) {
			return o, false
		}
		if opt&anyExpiry != 0 {
			if i++; i == len(args) {
				return o, false
			}
			o.lifetime = args[i]
		}
		o.given |= opt
	}
	return o, true
}

// has reports whether one of the options was given.
func (o setOptions) has(options option) bool { return o.given&options != 0 }

// expiry returns the expiry asked for, or the error reply.
func (o setOptions) expiry(command string) (x expiry, fail string) {
	var unit expiryUnit
	switch o.given & anyExpiry {
	case optionEX:
		unit = expiryUnit{false, 1000}
	case optionPX:
		unit = expiryUnit{false, 1}
	case optionEXAT:
		unit = expiryUnit{true, 1000}
	case optionPXAT:
		unit = expiryUnit{true, 1}
	default:
		return x, ""
	}
	return parseExpiry(o.lifetime, unit, command)
}

// isWord reports whether an argument is an option's name, in any case. word is
// in lower case.
func isWord(arg []byte, word string) bool {
	if len(arg) != len(word) {
		return false
	}
	for i, ch := range arg {
		if 'A' <= ch && ch <= 'Z' {
			ch |= 0x20
		}
		if ch != word[i] {
			return false
		}
	}
	return true
}
