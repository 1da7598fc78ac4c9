package commands

import (
	"strings"
	"testing"
)

// setWords splits the options of a SET.
func setWords(s string) [][]byte {
	var words [][]byte
	for _, w := range strings.Fields(s) {
		words = append(words, []byte(w))
	}
	return words
}

func TestParseSetOptions(t *testing.T) {
	t.Parallel()
	const setAllows = optionNX | optionXX | optionGet | optionKeepTTL | anyExpiry
	for _, test := range []struct {
		words   string
		allowed option
		given   option
		expiry  expiry
		fail    string
	}{
		{"", setAllows, 0, expiry{}, ""},
		{"nx GET Nx", setAllows, optionNX | optionGet, expiry{}, ""},
		{"ex 10 xX", setAllows, optionEX | optionXX, expiry{ms: 10_000}, ""},
		{"PX 10", setAllows, optionPX, expiry{ms: 10}, ""},
		{"EXAT 10", setAllows, optionEXAT, expiry{10_000, true}, ""},
		{"PXAT 9223372036854775807", setAllows, optionPXAT, expiry{1<<63 - 1, true}, ""},
		{"EX 10 EX 20", setAllows, optionEX, expiry{ms: 20_000}, ""},
		{"PERSIST PERSIST", optionPersist | anyExpiry, optionPersist, expiry{}, ""},
		{"EX 0", setAllows, optionEX, expiry{}, invalidExpire("set")},
		{"PX 9223372036854775807", setAllows, optionPX, expiry{}, invalidExpire("set")},
		{"EX 9223372036854775", setAllows, optionEX, expiry{}, invalidExpire("set")},
		{"EXAT 9223372036854776", setAllows, optionEXAT, expiry{}, invalidExpire("set")},
		{"EX x", setAllows, optionEX, expiry{}, errNotInteger},
		{"EX x FOO", setAllows, 0, expiry{}, errSyntax},
		{"NX XX", setAllows, 0, expiry{}, errSyntax},
		{"XX NX", setAllows, 0, expiry{}, errSyntax},
		{"KEEPTTL EX 1", setAllows, 0, expiry{}, errSyntax},
		{"EX 1 KEEPTTL", setAllows, 0, expiry{}, errSyntax},
		{"EX 1 PX 1", setAllows, 0, expiry{}, errSyntax},
		{"EX", setAllows, 0, expiry{}, errSyntax},
		{"PERSIST", setAllows, 0, expiry{}, errSyntax},
		{"GET", optionPersist | anyExpiry, 0, expiry{}, errSyntax},
		{"PERSIST PX 1", optionPersist | anyExpiry, 0, expiry{}, errSyntax},
		{"keepttls", setAllows, 0, expiry{}, errSyntax},
	} {
		o, ok := parseSetOptions(setWords(test.words), test.allowed)
		if !ok {
			if test.fail != errSyntax {
				t.Errorf("%q: syntax error", test.words)
			}
			continue
		}
		x, fail := o.expiry("set")
		if o.given != test.given || fail != test.fail || fail == "" && x != test.expiry {
			t.Errorf("%q: options %b, expiry %+v, error %q", test.words, o.given, x, fail)
		}
	}
}

func TestSetOptionsAreReadWithoutAllocation(t *testing.T) {
	words := setWords("EX 100 NX")
	if n := testing.AllocsPerRun(100, func() {
		o, _ := parseSetOptions(words, anyOption)
		_, _ = o.expiry("set")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
