package spec_test

import (
	"slices"
	"strings"

	"github.com/mnorrsken/postkeys/commands/spec"
)

// The table holds the facts of Redis 7.2. Where these tests run against a redis-server 7.0, which distributions still
// ship, the lists below name everything in which the two differ, for the commands in the table.

// addedIn72 are the commands that 7.0 does not know.
var addedIn72 = []string{"client|no-touch", "client|setinfo", "cluster|myshardid", "waitaof"}

// changedIn72 are the single facts that 7.0 states differently, in the notation of plain.
var changedIn72 = []struct{ command, fact, in70 string }{
	{"blmove", "flags", "[+write +denyoom +noscript +blocking]"},
	{"blpop", "flags", "[+write +noscript +blocking]"},
	{"brpop", "flags", "[+write +noscript +blocking]"},
	{"brpoplpush", "flags", "[+write +denyoom +noscript +blocking]"},
	{"bzpopmax", "flags", "[+write +noscript +blocking +fast]"},
	{"bzpopmin", "flags", "[+write +noscript +blocking +fast]"},
	{"client|pause", "since", "$2.9.50"},
	{"client|setname", "tips", "[]"},
	{"command|getkeys", "arity", ":-4"},
	{"command|getkeysandflags", "arity", ":-4"},
	{"config|resetstat", "tips", "[]"},
	{"config|rewrite", "tips", "[]"},
	{"msetnx", "tips", "[$request_policy:multi_shard $response_policy:agg_min]"},
	{"psetex", "deprecated_since", ""},
	{"psetex", "doc_flags", ""},
	{"psetex", "replaced_by", ""},
	{"quit", "deprecated_since", ""},
	{"quit", "doc_flags", ""},
	{"quit", "replaced_by", ""},
	{"randomkey", "tips", "[$request_policy:all_shards $nondeterministic_output]"},
	{"scan", "tips", "[$nondeterministic_output $request_policy:special]"},
	{"setex", "deprecated_since", ""},
	{"setex", "doc_flags", ""},
	{"setex", "replaced_by", ""},
	{"setnx", "deprecated_since", ""},
	{"setnx", "doc_flags", ""},
	{"setnx", "replaced_by", ""},
	{"zrank", "arity", ":3"},
	{"zrank", "history", ""},
	{"zrevrank", "arity", ":3"},
	{"zrevrank", "history", ""},
}

// renamedIn72 are the names of arguments in the documentation that 7.2 changed, by command: old name to new.
var renamedIn72 = map[string]map[string]string{
	"bitcount": {"index": "range", "index_unit": "unit"},
	"bitfield": {
		"encoding_offset": "get-block", "wrap_sat_fail": "overflow-block", "write_operation": "write-operation",
		"encoding_offset_value": "set-block", "encoding_offset_increment": "incrby-block",
	},
	"bitfield_ro":     {"encoding_offset": "get-block"},
	"bitpos":          {"index": "range", "end_index": "end-unit-block", "index_unit": "unit"},
	"client|reply":    {"on_off_skip": "action"},
	"client|tracking": {"bcast": "BCAST", "optin": "OPTIN", "optout": "OPTOUT", "noloop": "NOLOOP"},
	"client|unblock":  {"timeout_error": "unblock-type"},
	"config|set":      {"parameter_value": "data"},
	"flushall":        {"async": "flush-type"},
	"flushdb":         {"async": "flush-type"},
	"function|flush":  {"async": "flush-type"},
	"hello":           {"username_password": "auth"},
	"lcs":             {"len": "min-match-len"},
	"hmset":           {"field_value": "data"},
	"hset":            {"field_value": "data"},
	"mset":            {"key_value": "data"},
	"msetnx":          {"key_value": "data"},
	"script|flush":    {"async": "flush-type"},

	"zadd":             {"score_member": "data"},
	"zrange":           {"offset_count": "limit"},
	"zrangebylex":      {"offset_count": "limit"},
	"zrangebyscore":    {"offset_count": "limit"},
	"zrangestore":      {"offset_count": "limit"},
	"zrevrangebylex":   {"offset_count": "limit"},
	"zrevrangebyscore": {"offset_count": "limit"},
}

// rearrangedIn72 are the commands whose documented arguments 7.2 grouped in another way; they are compared with 7.2
// only.
var rearrangedIn72 = []string{
	"bitop",                   // the operations became a choice of tokens
	"client|kill",             // so did the values of SKIPME
	"client|list",             // the block around the identifiers went away
	"command|getkeys",         // the arguments came
	"command|getkeysandflags", // likewise
	"config|get",              // the block around the parameters went away
	"geoadd",                  // names, and what is optional
	"geohash",                 // likewise
	"geopos",                  // likewise
	"georadius",               // likewise
	"georadius_ro",            // likewise
	"georadiusbymember",       // likewise
	"georadiusbymember_ro",    // likewise
	"geosearch",               // likewise
	"geosearchstore",          // likewise
	"migrate",                 // the names, and what is optional
	"psubscribe",              // the block around the patterns went away
	"pfmerge",                 // sources became optional
	"sort",                    // the patterns of BY and GET got names of their own
	"sort_ro",                 // likewise
	"zrank",                   // WITHSCORE came
	"zrevrank",                // likewise
}

// factIn70 returns what a server of version 7.0 says, or a text that no fact equals.
func factIn70(command, fact string) string {
	for _, c := range changedIn72 {
		if c.command == command && c.fact == fact {
			return c.in70
		}
	}
	return "as in 7.2"
}

// addedAfter72 tells whether a command is newer than every server that these tests run against.
func addedAfter72(s *spec.Spec) bool {
	return strings.HasPrefix(s.Since, "7.4.") || strings.HasPrefix(s.Since, "8.")
}

// changedSince70 tells whether 7.0 answers something else about a command, or nothing.
func changedSince70(command string) bool {
	if slices.Contains(addedIn72, command) {
		return true
	}
	for _, c := range changedIn72 {
		if c.command == command {
			return true
		}
	}
	return false
}

// plain removes from a rendered fact what depends on the protocol: the kind of an aggregate.
func plain(fact string) string {
	return strings.NewReplacer("*[", "[", "~[", "[").Replace(fact)
}
