package tracking

import "iter"

// readers are the clients that may keep a key, by id, and how each has read it.
type readers struct {
	few  []reader
	many map[int64]reading // instead, if there are more
}

type reader struct {
	client int64
	how    reading
}

// reading is how a client has read a key.
type reading struct {
	batch uint32 // in which it has read it last
	// claimed: it was entered in that batch for a command that may not have run yet,
	// and was not entered before.
	claimed bool
}

// again is a reading of a key that was read before.
func (r reading) again(now reading) reading {
	now.claimed = now.claimed && r.claimed && r.batch == now.batch
	return now
}

// fewReaders is how long a list is searched.
const fewReaders = 16

// add enters a client and reports whether it is new.
func (r *readers) add(client int64, how reading) bool {
	if r.many != nil {
		before, known := r.many[client]
		if known {
			how = before.again(how)
		}
		r.many[client] = how
		return !known
	}
	for i := range r.few {
		if f := &r.few[i]; f.client == client {
			f.how = f.how.again(how)
			return false
		}
	}
	if len(r.few) < fewReaders {
		r.few = append(r.few, reader{client, how})
		return true
	}
	r.many = make(map[int64]reading, 2*fewReaders)
	for _, f := range r.few {
		r.many[f.client] = f.how
	}
	r.few = nil
	r.many[client] = how
	return true
}

func (r *readers) len() int { return len(r.few) + len(r.many) }

// all yields the clients and how they have read the key.
func (r *readers) all() iter.Seq2[int64, reading] {
	return func(yield func(int64, reading) bool) {
		for _, f := range r.few {
			if !yield(f.client, f.how) {
				return
			}
		}
		for client, how := range r.many {
			if !yield(client, how) {
				return
			}
		}
	}
}
