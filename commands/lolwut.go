package commands

import (
	"math/rand/v2"
	"strings"

	"github.com/mnorrsken/postkeys/commands/number"
)

var lolwutBindings = []binding{
	{name: "lolwut", local: lolwut},
}

const (
	mazeColumns, mazeRows       = 40, 12
	maxMazeColumns, maxMazeRows = 300, 100
)

// lolwut answers with a picture and the version. The arguments are VERSION and
// a number, which chooses nothing here, then columns and rows. Without VERSION
// Redis takes any arguments.
func lolwut(c *Call) {
	size := [2]int64{mazeColumns, mazeRows}
	args := c.args[1:]
	versioned := len(args) > 1 && isWord(args[0], "version")
	if versioned {
		if _, ok := number.ParseInt64(args[1]); !ok {
			c.fail(errNotInteger)
			return
		}
		args = args[2:]
	}
	for i, a := range args {
		n, ok := number.ParseInt64(a)
		if !ok && versioned {
			c.fail(errNotInteger)
			return
		}
		if ok && i < len(size) {
			size[i] = n
		}
	}
	columns := min(max(size[0], 1), maxMazeColumns)
	rows := min(max(size[1], 1), maxMazeRows)
	c.out.Verbatim("txt", maze(int(columns), int(rows))+
		"\nA maze for an elephant. Redis ver. "+redisVersion+", postkeys "+c.server().version+"\n")
}

// maze draws a maze with one way, and only one, between any two cells, a door
// at the top left and one at the bottom right. Every cell but the first opens
// one wall, to the cell above it or to the one on its left.
func maze(columns, rows int) string {
	up := make([][]bool, rows+1) // the cell is open towards the one above it
	for y := range up {
		up[y] = make([]bool, columns)
		for x := range up[y] {
			up[y][x] = y > 0 && y < rows && (x == 0 || rand.IntN(2) == 0)
		}
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" _", columns) + "\n")
	for y := range rows {
		b.WriteString(pick(y == 0, " ", "|"))
		for x := range columns {
			b.WriteString(pick(up[y+1][x], " ", "_"))
			switch {
			case x+1 == columns:
				b.WriteString(pick(y+1 == rows, " ", "|"))
			case y > 0 && up[y][x+1]:
				b.WriteString("|")
			default:
				b.WriteString(pick(up[y+1][x] && up[y+1][x+1], " ", "_"))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func pick(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
