package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// Commands that read or write fields together with their expiry, which Redis
// has since 8.0.
var hashGetSetBindings = []binding{
	{name: "hgetdel", claim: claimHgetdel, run: hgetdel},
	{name: "hgetex", claim: claimHgetex, run: hgetex},
	{name: "hsetex", claim: claimHsetex, run: hsetex},
}

const (
	errFieldCount   = "ERR invalid number of fields"
	errGetexOptions = "ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified"
	errSetexOptions = "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"
	errFnxFxx       = "ERR Only one of FXX or FNX arguments can be specified"
	errFieldsTwice  = "ERR FIELDS keyword specified multiple times"
)

func claimHgetdel(c *Call) {
	fields, fail := parseFieldList(c.args[2:])
	switch fail {
	case "":
		c.claimElements(c.args[1], pg.ModeUpdate, &pg.Needs{Names: fields})
	case errNumFields:
		c.fail("ERR Number of fields must be a positive integer")
	default:
		c.fail(fail)
	}
}

func hgetdel(c *Call) error {
	var done fieldsDone
	err := c.eachNamed(pg.TypeHash, c.args[4:], func(ms *pg.Members, m *pg.Member) {
		c.fieldOrNull(m)
		if m != nil {
			ms.Drop(m)
			done.deleted = true
		}
	})
	c.notifyFields(done)
	return err
}

// fieldOptions are the arguments of HGETEX and HSETEX after the key, in any
// order.
type fieldOptions struct {
	items    [][]byte // fields, or fields and values
	fnx, fxx bool
	keep     bool // PERSIST of HGETEX, KEEPTTL of HSETEX
	timed    bool // an expiry is given
	form     expiryForm
	ms       int64
}

// parseFieldOptions reads them; step is how many arguments belong to a field.
// It returns the error reply, or "".
func parseFieldOptions(c *Call, step int) (o fieldOptions, fail string) {
	keepWord, exclusive := "persist", errGetexOptions
	if step == 2 {
		keepWord, exclusive = "keepttl", errSetexOptions
	}
	for args := c.args[2:]; len(args) > 0; {
		a := args[0]
		args = args[1:]
		form, timed := fieldExpiryOption(a)
		switch {
		case isWord(a, "fields"):
			if o.items != nil {
				return o, errFieldsTwice
			}
			if o.items, args, fail = splitFields(c, args, step); fail != "" {
				return o, fail
			}
		case timed && len(args) > 0:
			if o.timed || o.keep {
				return o, exclusive
			}
			if o.ms, fail = form.fieldTime(args[0], c.spec.Name); fail != "" {
				return o, fail
			}
			o.timed, o.form, args = true, form, args[1:]
		case isWord(a, keepWord):
			if o.timed || o.keep {
				return o, exclusive
			}
			o.keep = true
		case step == 2 && (isWord(a, "fnx") || isWord(a, "fxx")):
			if o.fnx || o.fxx {
				return o, errFnxFxx
			}
			o.fnx = isWord(a, "fnx")
			o.fxx = !o.fnx
		default:
			return o, "ERR unknown argument: " + string(a)
		}
	}
	if o.items == nil {
		return o, errNoFieldsWord
	}
	return o, ""
}

// fieldExpiryOption returns what an option for an expiry counts in.
func fieldExpiryOption(word []byte) (f expiryForm, ok bool) {
	switch optionOf(word) {
	case optionEX:
		return inSeconds, true
	case optionPX:
		return inMilliseconds, true
	case optionEXAT:
		return unixSeconds, true
	case optionPXAT:
		return unixMilliseconds, true
	default:
		return f, false
	}
}

// splitFields reads the number of fields and splits off what belongs to them.
func splitFields(c *Call, args [][]byte, step int) (items, rest [][]byte, fail string) {
	if len(args) == 0 {
		return nil, nil, errFieldCount
	}
	n, ok := number.ParseInt64(args[0])
	switch {
	case !ok || n < 1:
		return nil, nil, errFieldCount
	case n > int64(len(args)-1)/int64(step):
		return nil, nil, "ERR wrong number of arguments for '" + c.spec.Name + "' command"
	}
	end := 1 + int(n)*step
	return args[1:end], args[end:], ""
}

func claimHgetex(c *Call) {
	o, fail := parseFieldOptions(c, 1)
	if fail != "" {
		c.fail(fail)
		return
	}
	mode := pg.ModeRead
	if o.timed || o.keep {
		mode = pg.ModeUpdate
	}
	c.claimElements(c.args[1], mode, &pg.Needs{Names: o.items})
}

// instant returns the expiry that the options give to a field, 0 none, and the
// present. It answers with an error, and returns false, if that is too late.
func (o *fieldOptions) instant(c *Call) (at, now int64, ok bool, err error) {
	if !o.timed {
		return 0, 0, true, nil
	}
	if at, ok, err = c.fieldExpireAt(o.form, o.ms); !ok || err != nil {
		return 0, 0, false, err
	}
	now, err = c.tx.Now()
	return at, now, err == nil, err
}

func hgetex(c *Call) error {
	o, _ := parseFieldOptions(c, 1)
	at, now, ok, err := o.instant(c)
	if !ok {
		return err
	}
	var done fieldsDone
	err = c.eachNamed(pg.TypeHash, o.items, func(ms *pg.Members, m *pg.Member) {
		c.fieldOrNull(m)
		switch {
		case m == nil || !o.timed && !o.keep:
		case o.keep:
			done.persisted = done.persisted || m.ExpireAt != 0
			expireField(ms, m, at, now)
		case expireField(ms, m, at, now):
			done.deleted = true
		default:
			done.expiring = true
		}
	})
	c.notifyFields(done)
	return err
}

func claimHsetex(c *Call) {
	o, fail := parseFieldOptions(c, 2)
	if fail != "" {
		c.fail(fail)
		return
	}
	n := &pg.Needs{}
	for i := 0; i < len(o.items); i += 2 {
		n.Names = append(n.Names, o.items[i])
	}
	c.claimElements(c.args[1], pg.ModeUpdate, n)
}

func hsetex(c *Call) error {
	o, _ := parseFieldOptions(c, 2)
	ms, err := c.members(0, pg.TypeHash)
	if ms == nil || err != nil {
		return err
	}
	at, now, ok, err := o.instant(c)
	if !ok {
		return err
	}
	for i := 0; i < len(o.items); i += 2 {
		m, err := ms.Find(o.items[i])
		if err != nil {
			return err
		}
		if o.fnx && m != nil || o.fxx && m == nil {
			c.out.Int(0)
			return nil
		}
	}
	done := fieldsDone{set: true}
	for i := 0; i < len(o.items); i += 2 {
		gone, err := c.setFieldAt(ms, &o, o.items[i], o.items[i+1], at, now)
		if err != nil {
			return err
		}
		done.deleted = done.deleted || gone
	}
	done.expiring = o.timed && !done.deleted
	c.notifyFields(done)
	c.out.Int(1)
	return nil
}

// setFieldAt writes one field with its expiry, and reports whether that has passed.
func (c *Call) setFieldAt(ms *pg.Members, o *fieldOptions, name, value []byte, at, now int64) (gone bool, err error) {
	m, err := ms.Find(name)
	if err != nil {
		return false, err
	}
	if o.keep && m != nil {
		at = m.ExpireAt
	}
	if _, err := c.setField(ms, name, value); err != nil {
		return false, err
	}
	if m, err = ms.Find(name); err == nil {
		gone = expireField(ms, m, at, now)
	}
	return gone, err
}
