package lua

import (
	"crypto/sha1" //nolint:gosec // SHA1 is how Redis names scripts
	"encoding/hex"

	glua "github.com/yuin/gopher-lua"
)

// Script is the compiled source of EVAL or SCRIPT LOAD. It is immutable and safe from any goroutine.
type Script struct {
	sha     string
	body    []byte
	shebang bool
	flags   Flags
	proto   *glua.FunctionProto
}

// SHA is the digest that EVALSHA names the script by: 40 lower-case hexadecimal digits.
func (s *Script) SHA() string { return s.sha }

// Body is the source as it was given. It MUST NOT be changed.
func (s *Script) Body() []byte { return s.body }

// HasShebang tells whether the source begins with "#!lua". Without it Redis decides by the commands that the script calls what the
// flags decide otherwise.
func (s *Script) HasShebang() bool { return s.shebang }

// Flags are those of the first line; none without HasShebang.
func (s *Script) Flags() Flags { return s.flags }

// SHA1 is the digest of a script's body, as SCRIPT LOAD answers it and EVAL looks it up.
func SHA1(body []byte) string {
	sum := sha1.Sum(body) //nolint:gosec // SHA1 is how Redis names scripts
	return hex.EncodeToString(sum[:])
}
