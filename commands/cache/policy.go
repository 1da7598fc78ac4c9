package cache

import (
	"slices"

	"github.com/mnorrsken/postkeys/commands/glob"
)

// skip is a reason not to keep a value.
type skip int

const (
	skipShortTTL skip = iota
	skipWritten
	skipExcluded
	skipLarge
	skips
	fits = skips // no reason
)

var skipReasons = [skips]string{"ttl_too_short", "write_frequency_too_high", "exclude_pattern", "value_too_large"}

// excludes reports whether a key is never kept because of its name.
func (c *Cache) excludes(name []byte) bool {
	return len(c.cfg.Exclude) > 0 && matches(c.cfg.Exclude, name) && !matches(c.cfg.Include, name)
}

func matches(patterns []string, name []byte) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return glob.Match(p, name, false) })
}

// refuses returns why a value is not kept, fits if it may be.
func (c *Cache) refuses(l *Loaded) skip {
	switch {
	case sizeOf(l.Name, l.Value) > c.maxBytes:
		return skipLarge
	case !c.cfg.Smart || matches(c.cfg.Include, l.Name):
		return fits
	case l.TTL > 0 && l.TTL < c.cfg.MinTTL:
		return skipShortTTL
	case c.writes.high(l.Hash):
		return skipWritten
	}
	return fits
}
