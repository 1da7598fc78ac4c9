package conformance

const (
	// replaysMax bounds the work of shrinking one sequence.
	replaysMax = 400
	// cutsTried is in how many ways a sequence is cut into pipelines to see whether it fails alone.
	cutsTried = 20
)

// shrink replays a failing sequence alone and removes commands as long as a difference shows. When it does not show
// alone, however the sequence is cut, the failure stays as it is.
func (p *Pair) shrink(f *Failure) error {
	replays, cuts := 0, uint64(0)
	differs := func(commands []Command) (int, string, error) {
		replays++
		if err := p.flush(); err != nil {
			return -1, "", err
		}
		want, got, err := p.both([][]Command{commands}, f.Protocol, cuts)
		if err != nil {
			return -1, "", err
		}
		at, difference := compare(commands, want[0], got[0], f.Protocol)
		return at, difference, nil
	}
	at, difference, err := differs(f.Commands)
	for err == nil && at < 0 && cuts < cutsTried {
		cuts++
		at, difference, err = differs(f.Commands)
	}
	if err != nil || at < 0 {
		return err
	}
	f.Commands, f.Difference, f.Reproduced = f.Commands[:at+1], difference, true
	for size := len(f.Commands) / 2; size > 0 && replays < replaysMax; {
		removed := false
		// The last command shows the difference and stays.
		for from := 0; from+size < len(f.Commands) && replays < replaysMax; {
			shorter := append(append([]Command(nil), f.Commands[:from]...), f.Commands[from+size:]...)
			at, difference, err := differs(shorter)
			if err != nil {
				return err
			}
			if at < 0 {
				from += size
				continue
			}
			f.Commands, f.Difference, removed = shorter[:at+1], difference, true
		}
		if !removed || size > len(f.Commands)/2 {
			size /= 2
		}
	}
	return nil
}
