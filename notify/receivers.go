package notify

// Receivers are several receivers on one bus. Each gets every event, and passes
// over the kinds that are not its own.
type Receivers []Receiver

// Receive implements Receiver.
func (rs Receivers) Receive(from int64, k Kind, data []byte) {
	for _, r := range rs {
		r.Receive(from, k, data)
	}
}

// Left implements Receiver.
func (rs Receivers) Left(node int64, again bool) {
	for _, r := range rs {
		r.Left(node, again)
	}
}

// Lost implements Receiver.
func (rs Receivers) Lost() {
	for _, r := range rs {
		r.Lost()
	}
}

// State implements Receiver.
func (rs Receivers) State(send Send) {
	for _, r := range rs {
		r.State(send)
	}
}

// Changes implements Receiver.
func (rs Receivers) Changes(send Send) {
	for _, r := range rs {
		r.Changes(send)
	}
}
