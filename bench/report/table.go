package report

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// table is a Markdown table that is readable as it is: its columns are aligned.
type table struct {
	head []string
	left []int // columns of text; the others hold numbers
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (d *document) table(t *table) {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	d.WriteByte('\n')
	d.row(t, widths, t.head)
	for i, width := range widths {
		d.WriteString("| ")
		if slices.Contains(t.left, i) {
			d.WriteString(strings.Repeat("-", width) + " ")
		} else {
			d.WriteString(strings.Repeat("-", width-1) + ": ")
		}
	}
	d.WriteString("|\n")
	for _, row := range t.rows {
		d.row(t, widths, row)
	}
}

func (d *document) row(t *table, widths []int, cells []string) {
	for i, cell := range cells {
		padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if slices.Contains(t.left, i) {
			d.WriteString("| " + cell + padding + " ")
		} else {
			d.WriteString("| " + padding + cell + " ")
		}
	}
	d.WriteString("|\n")
}
