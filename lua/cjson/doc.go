// Package cjson is the JSON library of Lua scripts: Lua CJSON 2.1.0 with the settings it has in Redis. Its rules are its own
// (manual of Lua CJSON, sections 2 to 4): an empty table is an object, a table with the keys 1 to n an array, one with large
// gaps is refused; numbers have 14 digits; "/" and DEL are escaped; numbers that JSON does not know are read but not written;
// null is a value, Null.
//
// The settings belong to a state. They hold from one script to the next in Redis; Reset gives a script the defaults again.
//
// The order of an object's members differs: Redis writes them as they lie in the hash of a Lua table, here they come in the
// order in which they were first set.
package cjson
