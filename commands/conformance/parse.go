package conformance

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a case file.
func Parse(file, text string) ([]Case, error) {
	var cases []Case
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		var err error
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "== "):
			cases = append(cases, Case{
				Title: strings.TrimSpace(line[3:]), File: file, Line: i + 1, Protocols: []int{2, 3},
			})
		case len(cases) == 0:
			err = fmt.Errorf("a step before the first case")
		case strings.HasPrefix(line, "!"):
			err = parseDirective(&cases[len(cases)-1], i+1, line)
		default:
			c := &cases[len(cases)-1]
			var step Step
			if step, err = parseStep(line); err == nil {
				step.Line = i + 1
				c.Steps = append(c.Steps, step)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	return cases, nil
}

// parseStep reads "[matcher] conn> command".
func parseStep(line string) (Step, error) {
	step := Step{Kind: stepCommand, Replies: 1}
	if strings.HasPrefix(line, "[") {
		body, rest, err := bracketed(line)
		if err != nil {
			return step, err
		}
		if step.Match, err = parseMatcher(body); err != nil {
			return step, err
		}
		line = rest
	}
	if directive, ok := strings.CutPrefix(line, "!"); ok {
		return parseRaw(step, directive)
	}
	step.Conn, line = connection(line)
	args, err := splitArgs(line)
	if err == nil && len(args) == 0 {
		err = fmt.Errorf("no command")
	}
	step.Args = args
	return step, err
}

// parseRaw reads "conn> raw 2 bytes" behind a matcher.
func parseRaw(step Step, line string) (Step, error) {
	conn, body := connection(line)
	args, err := splitArgs(body)
	if err != nil {
		return step, err
	}
	if len(args) != 3 || args[0].Literal != "raw" {
		return step, fmt.Errorf("only raw may stand behind a matcher")
	}
	step.Kind, step.Conn, step.Args = stepRaw, conn, args[2:]
	step.Replies, err = strconv.Atoi(args[1].Literal)
	return step, err
}

// bracketed splits off the matcher; brackets inside its quotes do not count.
func bracketed(line string) (body, rest string, err error) {
	quoted := false
	for i := 1; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ']' && !quoted:
			return line[1:i], strings.TrimSpace(line[i+1:]), nil
		}
	}
	return "", "", fmt.Errorf("unbalanced bracket")
}

// connection splits off "b> "; the default connection is a.
func connection(line string) (name, rest string) {
	if len(line) > 2 && line[1] == '>' && line[2] == ' ' && line[0] >= 'a' && line[0] <= 'z' {
		return line[:1], line[3:]
	}
	return "a", line
}

// parseDirective reads a line that starts with "!".
func parseDirective(c *Case, lineNumber int, line string) error {
	conn, body := connection(strings.TrimPrefix(line, "!"))
	args, err := splitArgs(body)
	if err != nil {
		return err
	}
	name := ""
	if len(args) > 0 {
		name, args = args[0].Literal, args[1:]
	}
	step := Step{Line: lineNumber, Conn: conn}
	switch {
	case name == "resp2" && len(args) == 0:
		c.Protocols = []int{2}
		return nil
	case name == "resp3" && len(args) == 0:
		c.Protocols = []int{3}
		return nil
	case name == "each-type" && len(args) == 0:
		c.EachType = true
		return nil
	case name == "create" && len(args) == 1 && c.EachType:
		step.Kind, step.Args, step.Replies = stepCreate, args, 1
	case name == "closed" && len(args) == 0:
		step.Kind = stepClosed
	case name == "raw" && len(args) == 2:
		if step.Replies, err = strconv.Atoi(args[0].Literal); err != nil {
			return err
		}
		step.Kind, step.Args = stepRaw, args[1:]
	default:
		return fmt.Errorf("unknown directive %q", line)
	}
	c.Steps = append(c.Steps, step)
	return nil
}
