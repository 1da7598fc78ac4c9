package rdb

import (
	"fmt"
	"math"
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
)

// Lengths of a score in text that mean something else.
const (
	scoreNaN      = 253
	scorePositive = 254 // infinity
	scoreNegative = 255
)

// errScore: Redis takes what it can read of a malformed score.
var errScore = fmt.Errorf("%w: malformed score", ErrBadData)

// textScore reads the score of a member as the oldest sorted sets have it: its length in a byte, and its text.
func (d *decoder) textScore() (float64, error) {
	b, err := d.take(1)
	if err != nil {
		return 0, err
	}
	switch b[0] {
	case scoreNaN:
		return 0, ErrBadData
	case scorePositive:
		return math.Inf(1), nil
	case scoreNegative:
		return math.Inf(-1), nil
	}
	if b, err = d.take(uint64(b[0])); err != nil {
		return 0, err
	}
	return parseScore(b)
}

// parseScore reads the text of a score; NaN is refused.
func parseScore(b []byte) (float64, error) {
	score, ok := number.ParseFloat(b)
	if !ok {
		return 0, errScore
	}
	return score, nil
}

// appendScore appends the shortest text that is read as the same score. Integers come out as such, so that a listpack
// keeps them as integers.
func appendScore(dst []byte, score float64) []byte {
	const exact = 1 << 53
	switch {
	case math.IsInf(score, 1):
		return append(dst, "inf"...)
	case math.IsInf(score, -1):
		return append(dst, "-inf"...)
	case score == 0 && math.Signbit(score):
		return append(dst, "-0"...)
	case -exact <= score && score <= exact && score == math.Trunc(score):
		return strconv.AppendInt(dst, int64(score), 10)
	}
	return strconv.AppendFloat(dst, score, 'g', -1, 64)
}
