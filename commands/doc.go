// Package commands gives Redis' commands their meaning.
//
// A [Session] stands behind each connection. It takes the batches that the
// reactor decodes, passes every command through the gates (lookup, arity,
// authentication, availability), answers what needs no storage at once, and
// submits the rest to the engine as one task. The handlers of storage commands
// run on the engine's workers against the keys they claimed.
//
// State: a session belongs to its connection's loop, except while a batch is
// in flight, when the job of that batch may read what a command needs. What
// other connections may see of it (CLIENT LIST) is behind atomics. Settings,
// statistics and the list of sessions belong to the [Server].
//
// To add a command: its facts in commands/spec, a handler and a line in the
// bindings of its file here, a case in commands/conformance.
package commands
