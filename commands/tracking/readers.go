package tracking

import "iter"

// readers are the clients that may keep a key, by id, and the batch in which each
// has read it last.
type readers struct {
	few  []reader
	many map[int64]uint32 // instead, if there are more
}

type reader struct {
	client int64
	batch  uint32
}

// fewReaders is how long a list is searched.
const fewReaders = 16

// add enters a client and reports whether it is new.
func (r *readers) add(client int64, batch uint32) bool {
	if r.many != nil {
		_, known := r.many[client]
		r.many[client] = batch
		return !known
	}
	for i := range r.few {
		if r.few[i].client == client {
			r.few[i].batch = batch
			return false
		}
	}
	if len(r.few) < fewReaders {
		r.few = append(r.few, reader{client, batch})
		return true
	}
	r.many = make(map[int64]uint32, 2*fewReaders)
	for _, f := range r.few {
		r.many[f.client] = f.batch
	}
	r.few = nil
	r.many[client] = batch
	return true
}

func (r *readers) len() int { return len(r.few) + len(r.many) }

// all yields clients and batches.
func (r *readers) all() iter.Seq2[int64, uint32] {
	return func(yield func(int64, uint32) bool) {
		for _, f := range r.few {
			if !yield(f.client, f.batch) {
				return
			}
		}
		for client, batch := range r.many {
			if !yield(client, batch) {
				return
			}
		}
	}
}
