package config

import (
	"fmt"
	"io"
	"strings"

	"github.com/mnorrsken/postkeys/commands/settings"
)

// WriteHelp lists every setting with its default and one line.
func WriteHelp(out io.Writer, version string) {
	var b strings.Builder
	b.WriteString("postkeys " + version + " - a server with the API of Redis that keeps its data in PostgreSQL\n\n" +
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
