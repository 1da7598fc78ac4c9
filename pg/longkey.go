package pg

import "crypto/sha256"

// A btree entry holds about 2.7 KB, and a short one is a quick one. A key of
// more than maxInlineKey bytes is indexed by a short form: its first bytes and
// a SHA-256 digest of the whole. A short form is longer than any key stored as
// itself, so the two never collide, and it keeps the prefix that KEYS and SCAN
// look for.
const (
	maxInlineKey   = 512
	longKeyPrefix  = maxInlineKey + 1 - sha256.Size
	shortFormBytes = maxInlineKey + 1
)

// shortForm returns what the column key holds for a key.
func shortForm(key []byte) []byte {
	if len(key) <= maxInlineKey {
		return key
	}
	sum := sha256.Sum256(key)
	out := make([]byte, 0, shortFormBytes)
	return append(append(out, key[:longKeyPrefix]...), sum[:]...)
}
