// Package linearizability proves, as far as a test can, that commands are atomic across nodes and that no acknowledged write is
// lost or applied twice. It holds tests only.
//
// Clients on several postkeys processes with one database run commands on shared keys and record for each when it was sent, when
// its reply arrived and what the reply was. A checker (porcupine) then looks for an order of the commands that explains all
// replies and respects time. A command whose outcome nobody knows - the connection broke, or the reply says that the outcome is
// unknown - may have happened at any later time or never. One that was surely not executed leaves the history.
//
// Keys are used for a few hundred commands and then left: the checker's work grows quickly with the number of commands that
// overlap, and a command of unknown outcome overlaps with all later ones on its keys.
//
// Commands that swap and flush database indexes, and pipelines, run with -hard only: many of them overlap, and the checker does not
// always find an answer in time. Commands of one pipeline overlap for the checker, since nothing is promised about the order in which
// they become visible. Fewer clients use the keys whose histories are hard to check.
//
// Besides, every client appends tokens that nobody else appends and counts with INCR on shared keys. At the end each acknowledged
// token must be there exactly once, each token of unknown outcome at most once and no other at all, and each counter must lie
// between what was acknowledged and what may have happened. In the same way items enter lists, sets and sorted sets, move between two of
// them and are popped: none may be handed out twice, and no more may be gone than commands of unknown outcome can have taken. Numbers in
// hashes and sorted sets are added to. The collections grow and shrink over the size at which their storage changes, the values that the
// checker sees too: those of every other epoch are long (longMark).
//
// A model of SPOP has to allow for every choice: one whose reply was lost leaves several possible states (possible).
//
// Some commands, and some of what transactions do, are sent through scripts, with their keys declared (scripts_test.go).
//
// Transactions are one command for the checker, over several keys. In the bank (bank_test.go) money moves by transactions with WATCH and
// without, by single commands and by scripts, on three nodes with crashes, and no inspection may see another sum.
//
// Flags of the tests make runs longer and others: -load, -crashload, -crashes, -crashscripts, -seed, -hard, -severalkinds, -banktime. A history
// without an order is saved as JSON and drawn as HTML below .build, or LINEARIZABILITY_DIR; LINEARIZABILITY_HISTORY=file runs the checker on a
// saved one.
package linearizability
