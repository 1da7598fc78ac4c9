package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/mnorrsken/postkeys/commands/settings"
)

// version is set by the linker in released builds (-X main.version=...).
var version = ""

// Version returns the version of postkeys, "devel" for a build that has none.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// answerArguments does what the command line asks for. done is true if that was all, and the program is to end.
func answerArguments(args []string, out io.Writer) (done bool, err error) {
	if len(args) == 0 {
		return false, nil
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		writeHelp(out)
		return true, nil
	case "-v", "-version", "--version", "version":
		_, err := fmt.Fprintln(out, "postkeys", Version())
		return true, err
	}
	return true, fmt.Errorf("unknown argument %q; settings come from the environment, see postkeys --help", args[0])
}

// writeHelp lists every setting with its default and one line.
func writeHelp(out io.Writer) {
	var b strings.Builder
	b.WriteString("postkeys " + Version() + " - a server with the API of Redis that keeps its data in PostgreSQL\n\n" +
		"Usage: postkeys [--help | --version]\n\nSettings are environment variables. Name, default, meaning:\n")
	for _, v := range variables {
		writeSetting(&b, v.name, v.def, v.doc)
	}
	b.WriteString("\nParameters of Redis this server acts on. CONFIG SET changes those not marked \"at start only\":\n")
	writeParameters(&b, settings.Active)
	b.WriteString("\nParameters of Redis that are kept for clients and tools and change nothing in this version:\n")
	writeParameters(&b, settings.Kept)
	b.WriteString("\nChecked, but without effect in this version, which says so at start:\n")
	for _, v := range ineffective {
		writeSetting(&b, v.name, v.def, v.doc)
	}
	// Nothing can be done if standard output is closed.
	_, _ = io.WriteString(out, b.String())
}

func writeParameters(b *strings.Builder, effect settings.Effect) {
	for _, p := range settings.All() {
		if p.Effect != effect || !p.FromEnvironment() {
			continue
		}
		doc := p.Doc
		if p.Mutability == settings.Immutable {
			doc += " (at start only)"
		}
		writeSetting(b, variableName(p.Name), p.Default, doc)
	}
}

func writeSetting(b *strings.Builder, name, def, doc string) {
	if def == "" {
		def = "-"
	}
	fmt.Fprintf(b, "  %-34s %-14s %s\n", name, def, doc)
}
