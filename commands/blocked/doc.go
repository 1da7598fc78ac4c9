// Package blocked knows the clients of this node that wait for keys to be
// filled: who is first, who is to try next, and whose time is up.
//
// A blocking command is tried like any other. How no wake-up gets lost:
//
//  1. Add lists the waiter with its keys, before the first attempt. It counts as
//     running from then on.
//  2. The attempt asks May before it takes an element. Settle ends one that found
//     nothing: the waiter stays where it is listed. Served ends one that took
//     something, Leave one that was answered otherwise.
//  3. Touch wakes the first waiters of each key that a committed unit of work may
//     have filled, as many as there are elements; they are tried again. One that is
//     running is tried once more when its attempt has found nothing: the attempt may be
//     older than the change.
//  4. A waiter that leaves passes on what it was woken for: as many others are woken as
//     elements are left, or one if it did not look.
//
// So one element wakes one waiter, however many there are. Those of other nodes
// are woken too, by package changes; the one whose unit of work locks the key
// first gets the element, and the others stay where they were.
//
// A waiter costs no goroutine and no timer of its own. Who waits for streams,
// from which reading takes nothing away, joins by waking all of a line in touch.
//
// One mutex guards it all. Lock order: Registry.mu before those of changes.Hub.
package blocked
