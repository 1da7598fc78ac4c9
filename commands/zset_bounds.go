package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

const (
	errScoreRange = "ERR min or max is not a float"
	errLexRange   = "ERR min or max not valid string range item"
)

// noScores is a range that no score is in.
var noScores = pg.ScoreRange{Min: math.Inf(1), Max: math.Inf(-1)}

// parseScores reads the ends of a range of scores.
func parseScores(low, high []byte) (r pg.ScoreRange, ok bool) {
	lowest, openLow, ok := parseScoreBound(low)
	if !ok {
		return r, false
	}
	highest, openHigh, ok := parseScoreBound(high)
	if !ok {
		return r, false
	}
	if openLow && math.IsInf(lowest, 1) || openHigh && math.IsInf(highest, -1) {
		return noScores, true
	}
	if openLow {
		lowest = math.Nextafter(lowest, math.Inf(1))
	}
	if openHigh {
		highest = math.Nextafter(highest, math.Inf(-1))
	}
	return pg.ScoreRange{Min: lowest, Max: highest}, true
}

// parseScoreBound reads one end of a range, which is open after a parenthesis.
func parseScoreBound(arg []byte) (bound float64, open, ok bool) {
	if len(arg) > 0 && arg[0] == '(' {
		arg, open = arg[1:], true
	}
	bound, ok = number.ParseBound(arg)
	return bound, open, ok
}

// lexRange is a range of members by name.
type lexRange struct {
	pg.LexRange
	empty bool
}

// parseNames reads the ends of a range of names: "-" and "+" are below and above
// all, "(" comes before an open end and "[" before one that is included.
func parseNames(low, high []byte) (r lexRange, ok bool) {
	if !isLexBound(low) || !isLexBound(high) {
		return r, false
	}
	switch low[0] {
	case '+':
		r.empty = true
	case '(', '[':
		r.Min, r.OpenMin = low[1:], low[0] == '('
	}
	switch high[0] {
	case '-':
		r.empty = true
	case '(', '[':
		r.Max, r.OpenMax = high[1:], high[0] == '('
	}
	return r, true
}

func isLexBound(arg []byte) bool {
	if len(arg) == 0 {
		return false
	}
	switch arg[0] {
	case '-', '+':
		return len(arg) == 1 || arg[1] == 0
	case '(', '[':
		return true
	}
	return false
}
