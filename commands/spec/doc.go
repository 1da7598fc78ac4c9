// Package spec is the command table of the server as data: names, arities, flags, ACL categories, key specs, tips and
// documentation of every command that is served, and the names of the commands of Redis 7.2 that are not.
//
// What it does: resolves a request to its [Spec], checks the number of its arguments, finds its keys, and writes the
// replies of COMMAND and its subcommands and the error texts for requests that name no command.
//
// Who owns the state: nobody. The table is built once while the package is initialised and never changes afterwards, so
// everything here may be called from any goroutine. A *Spec and all it points at are shared and must not be modified.
//
// What it never does: it knows no handlers, no sessions and no storage. Handlers are bound to a spec by its ID.
//
// To add a command: write its entry in the file of its group, take its name out of the list in unsupported.go, and
// bind its handler in package commands.
package spec
