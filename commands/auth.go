package commands

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/mnorrsken/postkeys/commands/settings"
)

const (
	errWrongPass  = "WRONGPASS invalid username-password pair or user is disabled."
	errNoPassword = "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"
)

// defaultUser is the one user there is. Its password is requirepass.
const defaultUser = "default"

// auth logs the session in. A session that is logged in stays so if it fails,
// and whatever happens to the password later.
func auth(c *Call) {
	user, password := []byte(defaultUser), c.args[1]
	switch len(c.args) {
	case 2:
		if !c.server().passwordSet() {
			c.fail(errNoPassword)
			return
		}
	case 3:
		user, password = c.args[1], c.args[2]
	default:
		c.fail(errSyntax)
		return
	}
	if !c.server().passwordOf(user, password) {
		c.fail(errWrongPass)
		return
	}
	c.session().authenticated = true
	c.out.OK()
}

func (s *Server) passwordSet() bool { return s.settings.Text(settings.RequirePass) != "" }

// passwordOf reports whether a password is that of a user. Without a password
// set any will do. The time it takes tells nothing of how much of a guess was
// right, nor how long the password is.
func (s *Server) passwordOf(user, password []byte) bool {
	if string(user) != defaultUser {
		return false
	}
	wanted := s.settings.Text(settings.RequirePass)
	if wanted == "" {
		return true
	}
	a, b := sha256.Sum256(password), sha256.Sum256([]byte(wanted))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// mustLogIn reports whether the session has to log in before it may do more.
// Taking the password away lets in those who have not.
func (s *Session) mustLogIn() bool { return !s.authenticated && s.server.passwordSet() }
