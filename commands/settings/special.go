package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/number"
)

// scanC reads a number as C's strtoll does when the rest of the text must be empty: spaces and a sign may come first,
// and no digits at all count as zero only if there is no text at all. Numbers out of range become the nearest one.
func scanC(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

func normalizeWords(_ string, args []string) (string, error) {
	return strings.Join(args, " "), nil
}

// normalizeSave checks pairs of seconds (at least 1) and changes.
func normalizeSave(_ string, args []string) (string, error) {
	invalid := errors.New("Invalid save parameters")
	if len(args)%2 != 0 {
		return "", invalid
	}
	words := make([]string, len(args))
	for i, arg := range args {
		n, ok := scanC(arg)
		if !ok || n < 0 || i%2 == 0 && n < 1 {
			return "", invalid
		}
		if i%2 == 1 {
			n = int64(int32(n)) // Redis keeps changes in an int
		}
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, " "), nil
}

// OutputLimit bounds the unread replies of one connection: more than Hard bytes, or more than Soft bytes for
// SoftSeconds, closes it. Zero means no limit.
type OutputLimit struct {
	Hard, Soft  uint64
	SoftSeconds int64
}

// OutputLimits holds the limit of each class of client.
type OutputLimits struct {
	Normal, Replica, PubSub OutputLimit
}

// class finds a limit by the name of its class, nil if there is none.
func (l *OutputLimits) class(name string) *OutputLimit {
	switch strings.ToLower(name) {
	case "normal":
		return &l.Normal
	case "slave", "replica":
		return &l.Replica
	case "pubsub":
		return &l.PubSub
	}
	return nil
}

// set changes the classes that args names and leaves the others.
func (l *OutputLimits) set(args []string) error {
	if len(args)%4 != 0 {
		return errors.New("Wrong number of arguments in buffer limit configuration.")
	}
	for ; len(args) > 0; args = args[4:] {
		limit := l.class(args[0])
		if limit == nil {
			return errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, hardOK := ParseMemory(args[1])
		soft, softOK := ParseMemory(args[2])
		seconds, secondsOK := scanC(args[3])
		if !hardOK || !softOK || !secondsOK || seconds < 0 {
			return errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		*limit = OutputLimit{Hard: hard, Soft: soft, SoftSeconds: int64(int32(seconds))}
	}
	return nil
}

func (l *OutputLimits) String() string {
	return fmt.Sprintf("normal %d %d %d slave %d %d %d pubsub %d %d %d",
		l.Normal.Hard, l.Normal.Soft, l.Normal.SoftSeconds,
		l.Replica.Hard, l.Replica.Soft, l.Replica.SoftSeconds,
		l.PubSub.Hard, l.PubSub.Soft, l.PubSub.SoftSeconds)
}

func parseOutputLimits(text string) (l OutputLimits) {
	if err := l.set(strings.Fields(text)); err != nil {
		panic("settings: a normalized output limit does not parse: " + err.Error())
	}
	return l
}

func normalizeOutputLimits(old string, args []string) (string, error) {
	limits := parseOutputLimits(old)
	if err := limits.set(args); err != nil {
		return "", err
	}
	return limits.String(), nil
}

func normalizeOOMScores(_ string, args []string) (string, error) {
	if len(args) != 3 {
		return "", errors.New("wrong number of arguments")
	}
	words := make([]string, len(args))
	for i, arg := range args {
		n, ok := scanC(arg)
		if !ok || n < -2000 || n > 2000 {
			return "", errors.New("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
		}
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, " "), nil
}

func normalizePercentiles(_ string, args []string) (string, error) {
	if len(args) == 1 && args[0] == "" {
		return "", nil
	}
	words := make([]string, len(args))
	for i, arg := range args {
		f, ok := number.ParseFloat([]byte(arg))
		if !ok {
			return "", errors.New("Invalid latency-tracking-info-percentiles parameters")
		}
		if f < 0 || f > 100 {
			return "", errors.New("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
		}
		words[i] = strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 6, 64), "0"), ".")
	}
	return strings.Join(words, " "), nil
}

// Events is a set of classes of keyspace events.
type Events uint16

// The classes, with their letter in notify-keyspace-events.
const (
	EventKeyspace Events = 1 << iota // K: publish on the channel of the key
	EventKeyevent                    // E: publish on the channel of the event
	EventGeneric                     // g
	EventString                      // $
	EventList                        // l
	EventSet                         // s
	EventHash                        // h
	EventZSet                        // z
	EventExpired                     // x
	EventEvicted                     // e
	EventStream                      // t
	EventModule                      // d
	EventNew                         // n
	EventMiss                        // m

	// EventAll is what the letter A stands for: all but K, E, n and m.
	EventAll = EventGeneric | EventString | EventList | EventSet | EventHash | EventZSet | EventExpired | EventEvicted |
		EventStream | EventModule
)

// eventLetters lists the letters in the order of CONFIG GET.
var eventLetters = []struct {
	letter byte
	class  Events
}{
	{'g', EventGeneric}, {'$', EventString}, {'l', EventList}, {'s', EventSet}, {'h', EventHash}, {'z', EventZSet},
	{'x', EventExpired}, {'e', EventEvicted}, {'t', EventStream}, {'d', EventModule}, {'n', EventNew},
	{'K', EventKeyspace}, {'E', EventKeyevent}, {'m', EventMiss},
}

// parseEvents reports false if s has a letter that is no class.
func parseEvents(s string) (set Events, ok bool) {
next:
	for i := range len(s) {
		if s[i] == 'A' {
			set |= EventAll
			continue
		}
		for _, l := range eventLetters {
			if l.letter == s[i] {
				set |= l.class
				continue next
			}
		}
		return 0, false
	}
	return set, true
}

// letters spells the set class by class.
func (e Events) letters() string {
	var b strings.Builder
	for _, l := range eventLetters {
		if e&l.class != 0 {
			b.WriteByte(l.letter)
		}
	}
	return b.String()
}

// String is how CONFIG GET shows the set. Redis leaves n out beside A, though it is in force.
func (e Events) String() string {
	if e&EventAll == EventAll {
		return "A" + (e &^ (EventAll | EventNew)).letters()
	}
	return e.letters()
}

func normalizeEvents(_ string, args []string) (string, error) {
	set, ok := parseEvents(strings.Join(args, " "))
	if !ok {
		return "", errors.New("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
	}
	return set.letters(), nil
}

func showEvents(letters string) string {
	set, _ := parseEvents(letters)
	return set.String()
}
