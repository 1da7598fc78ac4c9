package config

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/commands/settings"
)

// The functions below build the set function of a variable: each parses a value and puts it where field points.

func text[T ~string](field func(*Config) *T) func(*Config, string) error {
	return func(c *Config, value string) error {
		if strings.ContainsRune(value, 0) {
			return errors.New("must not contain a zero byte")
		}
		*field(c) = T(value)
		return nil
	}
}

func oneOf(allowed []string, field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("%q is not one of %s", value, strings.Join(allowed, ", "))
		}
		*field(c) = value
		return nil
	}
}

func integer(lowest, highest int, field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < lowest || n > highest {
			return fmt.Errorf("%q is not a number from %d to %d", value, lowest, highest)
		}
		*field(c) = n
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) error {
		switch strings.ToLower(value) {
		case "1", "true", "yes", "on":
			*field(c) = true
		case "0", "false", "no", "off":
			*field(c) = false
		default:
			return fmt.Errorf("%q is not one of true, false", value)
		}
		return nil
	}
}

func duration(lowest time.Duration, field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 500ms, 10s or 1m", value)
		}
		if d < lowest {
			return fmt.Errorf("%q is less than %v", value, lowest)
		}
		*field(c) = d
		return nil
	}
}

// patterns reads a list of patterns.
func patterns(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, value string) error {
		var list []string
		for p := range strings.SplitSeq(value, ",") {
			if p = strings.TrimSpace(p); p == "" {
				return fmt.Errorf("%q has an empty pattern", value)
			}
			list = append(list, p)
		}
		*field(c) = list
		return nil
	}
}

func address(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		_, port, err := net.SplitHostPort(value)
		if err != nil {
			return fmt.Errorf("%q is not an address such as :6379 or 127.0.0.1:6379", value)
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return fmt.Errorf("%q has no port from 0 to 65535", value)
		}
		*field(c) = value
		return nil
	}
}

// optional leaves the field at its zero value if the value is empty.
func optional(set func(*Config, string) error) func(*Config, string) error {
	return func(c *Config, value string) error {
		if value == "" {
			return nil
		}
		return set(c, value)
	}
}

// parameter is another name for a parameter of Redis.
func parameter(name string) func(*Config, string) error {
	return func(c *Config, value string) error {
		c.Redis = append(c.Redis, settings.Assignment{Name: name, Value: value})
		return nil
	}
}

// connections reads PG_MAX_CONNS.
func connections(c *Config, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n != 0 && (n < leastConns || n > 10000) {
		return fmt.Errorf("%q is neither 0 nor a number from %d to 10000", value, leastConns)
	}
	c.Postgres.MaxConns = n
	return nil
}

// ignored is the place of a value that is checked and not kept.
func ignored[T any](*Config) *T { return new(T) }

// isDefault reports whether a value that was found right means the same as the default.
func (v *variable) isDefault(value string) bool {
	if v.def == "false" {
		var on bool
		_ = boolean(func(*Config) *bool { return &on })(nil, value) // checked before
		return !on
	}
	return value == v.def
}
