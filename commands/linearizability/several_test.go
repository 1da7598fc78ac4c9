package linearizability

import (
	"flag"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// severalKinds lets a long run keep to MSETNX and its kin.
var severalKinds = flag.Int("severalkinds", 99, "how many kinds of groups, the first ones, the tests with several keys have")

// severalMix is about commands of several keys, pipelines of them and transactions. All clients of a part use its groups: few of them
// meet, so that the checker can try every order.
func severalMix() mix {
	m := mix{
		kinds: []func(p place) []string{short(several), short(several), short(names), movedItems, movedMembers, movedRanks, types},
		epoch: 1200, apart: 8, pipelines: 4, transactions: 4, scripts: 8, long: true,
	}
	m.kinds = m.kinds[:min(*severalKinds, len(m.kinds))]
	return m
}

// short are commands without long values, whose length a reply would tell.
func short(kind func(p place) []string) func(p place) []string {
	return func(p place) []string {
		p.value, p.tail = strings.TrimSuffix(p.value, longMark), ""
		return kind(p)
	}
}

// TestSeveralKeysOnTwoNodes runs clients on two nodes of one database.
func TestSeveralKeysOnTwoNodes(t *testing.T) {
	dsn := pgtest.DSN(t)
	quiet(t, dsn, severalMix(), *load/3, node(t, dsn), node(t, dsn))
}

// TestSeveralKeysWithCrashes leaves the crashes to chance.
func TestSeveralKeysWithCrashes(t *testing.T) { crashed(t, severalMix(), chances(*crashCount/2)...) }
