package conformance

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/codec"
)

// Matcher decides whether the reply of postkeys is right. The zero value asks for equal bytes.
type Matcher struct {
	kind      string
	tolerance int64
	pattern   *regexp.Regexp
	stated    [2]string // the reply in RESP2 and RESP3, for kinds "7.2", "later" and "differs"
	each      []Matcher // of the elements, for kind "each"
}

// parseMatcher reads what stands between the brackets.
func parseMatcher(body string) (Matcher, error) {
	kind, rest, _ := strings.Cut(body, " ")
	var m Matcher
	m.kind = kind
	if amount, ok := strings.CutPrefix(kind, "int~"); ok {
		n, err := strconv.ParseInt(amount, 10, 64)
		m.kind, m.tolerance = "int", n
		return m, err
	}
	args, err := splitArgs(rest)
	if err != nil {
		return m, err
	}
	switch {
	case slices.Contains([]string{"unordered", "texts", "scan", "type", "shape", "none"}, kind) && len(args) == 0:
		return m, nil
	case (kind == "re" || kind == "7.2re" || kind == "laterre") && len(args) == 1:
		m.pattern, err = regexp.Compile("(?s)" + args[0].Literal)
		return m, err
	case kind == "lines" && len(args) == 1:
		m.pattern, err = regexp.Compile(args[0].Literal)
		return m, err
	case kind == "differs" && len(args) >= 2:
		if _, err := strconv.Atoi(args[0].Literal); err != nil {
			return m, fmt.Errorf("a difference needs its number: %w", err)
		}
		args = args[1:]
	case (kind == "7.2" || kind == "later") && len(args) >= 1:
	default:
		return m, fmt.Errorf("unknown matcher %q", body)
	}
	if len(args) > 2 {
		return m, fmt.Errorf("too many replies in %q", body)
	}
	m.stated[0], m.stated[1] = args[0].Literal, args[len(args)-1].Literal
	return m, nil
}

// isStated says that the case itself holds the expected reply.
func (m *Matcher) isStated() bool {
	return m.kind == "7.2" || m.kind == "7.2re" || m.kind == "differs" || m.isLater()
}

// isLater says that the step is about what came after Redis 7.2.
func (m *Matcher) isLater() bool { return m.kind == "later" || m.kind == "laterre" }

// check compares what Redis said (want) with what postkeys said (got); the error says what is wrong.
func (m *Matcher) check(protocol int, want, got []byte) error {
	ok := false
	switch m.kind {
	case "", "none":
		ok = bytes.Equal(want, got)
	case "unordered":
		ok = equalUnordered(want, got)
	case "texts":
		ok = equalTexts(want, got)
	case "scan":
		ok = equalScan(want, got)
	case "int":
		return nearIntegers(want, got, m.tolerance)
	case "each":
		return m.checkEach(protocol, want, got)
	case "encoding":
		ok = bytes.Equal(want, got) || mayBeListpack(want, got)
	case "type":
		ok = len(want) > 0 && len(got) > 0 && want[0] == got[0]
	case "shape":
		ok = shape(want) == shape(got)
	case "re":
		if !m.pattern.Match(want) {
			return fmt.Errorf("the pattern %s does not match what Redis answers", m.pattern)
		}
		ok = m.pattern.Match(got)
	case "7.2re", "laterre":
		if ok = m.pattern.Match(got); !ok {
			return fmt.Errorf("the case states the pattern %s", m.pattern)
		}
	case "lines":
		if a, b := matchingLines(m.pattern, want), matchingLines(m.pattern, got); !slices.Equal(a, b) {
			return fmt.Errorf("lines differ: want %q, got %q", a, b)
		}
		ok = true
	case "7.2", "later", "differs":
		if stated := m.stated[protocol-2]; string(got) != stated {
			return fmt.Errorf("the case states %q", stated)
		}
		ok = true
	}
	if !ok {
		return fmt.Errorf("replies differ")
	}
	return nil
}

// checkEach compares the elements of two replies, each in its own way. Replies of another form must be equal.
func (m *Matcher) checkEach(protocol int, want, got []byte) error {
	header, a, ok := elements(want)
	otherHeader, b, otherOK := elements(got)
	if !ok || !otherOK || header != otherHeader || len(a) != len(b) || len(a) != len(m.each) {
		if !bytes.Equal(want, got) {
			return fmt.Errorf("replies differ")
		}
		return nil
	}
	for i := range a {
		if err := m.each[i].check(protocol, a[i], b[i]); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// mayBeListpack accepts that Redis takes more room for a value. 7.0 has no listpacks of lists and sets; all versions
// convert a sorted set that they SORT, and go on using the nodes of a long list while it shrinks, depending on where
// its elements were added.
func mayBeListpack(want, got []byte) bool {
	larger := []string{"$9\r\nquicklist\r\n", "$9\r\nhashtable\r\n", "$8\r\nskiplist\r\n"}
	return string(got) == "$8\r\nlistpack\r\n" && slices.Contains(larger, string(want))
}

// elements splits an aggregate reply into its header line and the raw bytes of its elements. ok is false for other
// replies.
func elements(raw []byte) (header string, list [][]byte, ok bool) {
	end := bytes.IndexByte(raw, '\n') + 1
	if end == 0 || !strings.ContainsRune("*~%>", rune(raw[0])) {
		return "", nil, false
	}
	if list = splitReplies(raw[end:]); len(list) == 0 && len(raw) > end {
		return "", nil, false
	}
	return string(raw[:end]), list, true
}

// splitReplies splits what follows on each other, nil if it is malformed.
func splitReplies(raw []byte) (list [][]byte) {
	for len(raw) > 0 {
		_, n, err := codec.ParseValue(raw)
		if err != nil {
			return nil
		}
		list = append(list, raw[:n])
		raw = raw[n:]
	}
	return list
}

// equalUnordered compares the elements of a reply, or several replies, in any
// order.
func equalUnordered(want, got []byte) bool {
	if a, b := splitReplies(want), splitReplies(got); len(a) > 1 || len(b) > 1 {
		slices.SortFunc(a, bytes.Compare)
		slices.SortFunc(b, bytes.Compare)
		return slices.EqualFunc(a, b, bytes.Equal)
	}
	header, a, ok := elements(want)
	otherHeader, b, otherOK := elements(got)
	if !ok || !otherOK {
		return bytes.Equal(want, got)
	}
	if header[0] == '%' {
		a, b = pairs(a), pairs(b)
	}
	slices.SortFunc(a, bytes.Compare)
	slices.SortFunc(b, bytes.Compare)
	return header == otherHeader && slices.EqualFunc(a, b, bytes.Equal)
}

// equalTexts compares elements up to their first zero byte, where strings end for C: SORT ALPHA leaves those that are equal
// then in any order.
func equalTexts(want, got []byte) bool {
	header, a, ok := elements(want)
	otherHeader, b, otherOK := elements(got)
	if !ok || !otherOK {
		return bytes.Equal(want, got)
	}
	return header == otherHeader && slices.EqualFunc(a, b, func(a, b []byte) bool { return string(text(a)) == string(text(b)) })
}

// text is what C reads of a bulk string.
func text(raw []byte) []byte {
	v, _, err := codec.ParseValue(raw)
	if err != nil {
		return raw
	}
	before, _, _ := bytes.Cut(v.Str, []byte{0})
	return before
}

// equalScan compares a cursor and a list of elements in any order.
func equalScan(want, got []byte) bool {
	_, a, ok := elements(want)
	_, b, otherOK := elements(got)
	if !ok || !otherOK || len(a) != 2 || len(b) != 2 {
		return bytes.Equal(want, got)
	}
	return bytes.Equal(a[0], b[0]) && equalUnordered(a[1], b[1])
}

// pairs joins each key of a map with its value.
func pairs(list [][]byte) [][]byte {
	var joined [][]byte
	for i := 0; i+1 < len(list); i += 2 {
		joined = append(joined, slices.Concat(list[i], list[i+1]))
	}
	return joined
}

// nearIntegers accepts integers within a tolerance, as the reply or as elements at the same place; all else must be
// equal.
func nearIntegers(want, got []byte, tolerance int64) error {
	header, a, ok := elements(want)
	otherHeader, b, otherOK := elements(got)
	if ok && otherOK && header == otherHeader && len(a) == len(b) {
		for i := range a {
			if err := nearIntegers(a[i], b[i], tolerance); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	}
	x, okX := integer(want)
	y, okY := integer(got)
	if okX && okY {
		if d := x - y; d > tolerance || d < -tolerance {
			return fmt.Errorf("%d and %d are more than %d apart", x, y, tolerance)
		}
		return nil
	}
	if !bytes.Equal(want, got) {
		return fmt.Errorf("replies differ")
	}
	return nil
}

func integer(raw []byte) (int64, bool) {
	if len(raw) < 4 || raw[0] != ':' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw[1:len(raw)-2]), 10, 64)
	return n, err == nil
}

// shape describes the types in a reply without their contents; aggregates keep their length.
func shape(raw []byte) string {
	if header, list, ok := elements(raw); ok {
		var b strings.Builder
		b.WriteString(header)
		for _, element := range list {
			b.WriteString(shape(element))
		}
		return b.String()
	}
	if len(raw) == 0 {
		return ""
	}
	return string(raw[:1])
}

func matchingLines(pattern *regexp.Regexp, raw []byte) []string {
	var kept []string
	for _, line := range strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if pattern.MatchString(line) {
			kept = append(kept, line)
		}
	}
	slices.Sort(kept)
	return kept
}
