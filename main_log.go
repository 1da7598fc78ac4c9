package main

import (
	"io"
	"log/slog"

	"github.com/mnorrsken/postkeys/commands/settings"
)

// logger is the log of the process, with a level that CONFIG SET changes.
type logger struct {
	*slog.Logger
	level slog.LevelVar
	debug bool // DEBUG: everything, whatever loglevel says
}

func newLogger(out io.Writer, debug bool) *logger {
	l := &logger{debug: debug}
	l.Logger = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: &l.level}))
	if debug {
		l.level.Set(slog.LevelDebug)
	}
	return l
}

// levels translates Redis' loglevel. Verbose lies between debug and notice;
// nothing is logged at that level.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "verbose": slog.LevelDebug + 2, "notice": slog.LevelInfo, "warning": slog.LevelWarn,
	"nothing": slog.LevelError + 100,
}

// follow sets the level that the settings ask for.
func (l *logger) follow(v *settings.Values) {
	if !l.debug {
		l.level.Set(levels[v.Text(settings.LogLevel)])
	}
}
