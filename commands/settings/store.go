package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Values is one consistent set of values of all parameters. It never changes and may be read from anywhere.
type Values struct {
	nums        []int64
	texts       []string
	limits      OutputLimits
	events      Events
	percentiles []float64
}

// Int returns a parameter of kind Integer, Memory or Octal, or the place of an Enum in its Values. A Memory above the
// signed range comes back negative; a percentage does too, as -N.
func (v *Values) Int(id ID) int64 { return v.nums[byID[id].index] }

// Bool returns a parameter of kind Bool.
func (v *Values) Bool(id ID) bool { return v.nums[byID[id].index] != 0 }

// Text returns any parameter as CONFIG GET shows it. For kinds Text, Enum and Special this does not allocate.
func (v *Values) Text(id ID) string { return v.format(byID[id]) }

// OutputLimits returns client-output-buffer-limit.
func (v *Values) OutputLimits() OutputLimits { return v.limits }

// Events returns notify-keyspace-events.
func (v *Values) Events() Events { return v.events }

// Percentiles returns latency-tracking-info-percentiles. The caller must not change the slice.
func (v *Values) Percentiles() []float64 { return v.percentiles }

func (v *Values) format(p *Param) string { return p.format(v.nums[p.index], v.texts[p.index]) }

func (v *Values) clone() *Values {
	c := *v
	c.nums, c.texts = slices.Clone(v.nums), slices.Clone(v.texts)
	return &c
}

// assign parses value and stores it. MUST be called only while v is not shared.
func (v *Values) assign(p *Param, value string) error {
	num, text, err := p.parse(v.texts[p.index], value)
	if err != nil {
		return err
	}
	v.nums[p.index], v.texts[p.index] = num, text
	return nil
}

// derive brings the parsed forms of the special parameters up to date.
func (v *Values) derive() {
	v.limits = parseOutputLimits(v.Text(ClientOutputBufferLimit))
	v.events, _ = parseEvents(v.texts[byID[NotifyKeyspaceEvents].index])
	v.percentiles = nil
	for _, word := range strings.Fields(v.Text(LatencyTrackingInfoPercentiles)) {
		f, err := strconv.ParseFloat(word, 64)
		if err != nil {
			panic("settings: a normalized percentile does not parse: " + err.Error())
		}
		v.percentiles = append(v.percentiles, f)
	}
}

func (p *Param) parse(old, value string) (num int64, text string, err error) {
	switch p.Kind {
	case Text:
		text = value
	case Bool:
		switch strings.ToLower(value) {
		case "yes":
			num = 1
		case "no":
		default:
			return 0, "", errors.New("argument must be 'yes' or 'no'")
		}
	case Integer, Memory, Octal:
		num, err = p.parseNumber(value)
	case Enum:
		num, err = p.parseEnum(value)
	case Flags:
		num, err = p.parseFlags(words(value))
	case Special:
		text, err = p.normalize(old, words(value))
	}
	if err == nil && p.check != nil {
		err = p.check(text, num)
	}
	if p.adjust != nil {
		num = p.adjust(num)
	}
	return num, text, err
}

// words splits at every single space; an empty value has no words.
func words(value string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, " ")
}

// Hook acts on a change. It sees all new values before anybody else does and may refuse them with an error, whose text
// becomes part of the reply; it must then leave things as they were.
type Hook func(v *Values) error

// Store holds the current values. All methods may be called from any goroutine; reading takes no lock.
type Store struct {
	current atomic.Pointer[Values]

	mu    sync.Mutex // held while values change; hooks run under it
	hooks []boundHook
}

type boundHook struct {
	param *Param
	run   Hook
}

// New returns a store with every parameter at its default.
func New() *Store {
	s := &Store{}
	s.current.Store(defaults())
	return s
}

func defaults() *Values {
	v := &Values{nums: make([]int64, len(table)), texts: make([]string, len(table))}
	for i := range table {
		p := &table[i]
		v.texts[i] = p.Default // normalizeOutputLimits starts from a complete value
		if err := v.assign(p, p.Default); err != nil {
			panic(fmt.Sprintf("settings: default of %s: %v", p.Name, err))
		}
	}
	v.derive()
	return v
}

// Values returns the current values as one consistent set.
func (s *Store) Values() *Values { return s.current.Load() }

// Int is Values().Int.
func (s *Store) Int(id ID) int64 { return s.Values().Int(id) }

// Bool is Values().Bool.
func (s *Store) Bool(id ID) bool { return s.Values().Bool(id) }

// Text is Values().Text.
func (s *Store) Text(id ID) string { return s.Values().Text(id) }

// OutputLimits is Values().OutputLimits.
func (s *Store) OutputLimits() OutputLimits { return s.Values().limits }

// Events is Values().Events.
func (s *Store) Events() Events { return s.Values().events }

// OnChange registers a hook that runs whenever one of the parameters changes at runtime. Start-up values (Init) do not
// run hooks: read them when registering. A hook must not call Set, Init, Reset or OnChange.
func (s *Store) OnChange(h Hook, ids ...ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.hooks = append(s.hooks, boundHook{byID[id], h})
	}
}
