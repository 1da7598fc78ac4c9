package report

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// Measures of the chart in pixels.
const (
	chartWidth  = 860
	labelWidth  = 220
	valueWidth  = 60
	topHeight   = 72
	barHeight   = 15
	barGap      = 3
	groupGap    = 14
	bottomSpace = 54 // for the scale and the foot line
	legendWidth = 320
)

// barColours are told apart in print and by most eyes.
var barColours = []string{"#2f6f9f", "#d98a29", "#6a9a3b", "#9b5fa5"}

// Chart draws a group of bars for each cell: the rate of the first server by that of each other one. A line marks 1, where both are
// equally fast; a thin line on each bar reaches from the lowest to the highest ratio of one round.
func (r *Report) Chart(w io.Writer) error {
	peers := r.Servers[min(1, len(r.Servers)):]
	groupHeight := len(peers)*(barHeight+barGap) + groupGap
	height := topHeight + len(r.Cells)*groupHeight + bottomSpace
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n",
		chartWidth, height, chartWidth, height)
	fmt.Fprintf(&s, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", chartWidth, height)
	text(&s, 16, 26, "start", "#222222", `font-size="16" font-weight="bold"`, r.chartTitle())
	text(&s, 16, height-12, "start", "#555555", `font-size="11"`, "-c clients, -P commands in a pipeline; thin lines: lowest and highest round")
	for i, peer := range peers {
		x := labelWidth + i*legendWidth
		fmt.Fprintf(&s, `<rect x="%d" y="42" width="12" height="12" fill="%s"/>`+"\n", x, colour(i))
		label := "ratio to " + peer.Name
		if peer.About != "" {
			label += " (" + peer.About + ")"
		}
		text(&s, x+18, 53, "start", "#222222", "", label)
	}
	top := r.highestRatio(peers)
	scale := func(v float64) float64 { return labelWidth + v/top*(chartWidth-labelWidth-valueWidth) }
	step := tickStep(top)
	for n := 0; float64(n)*step <= top+step/1000; n++ {
		v := float64(n) * step
		dash := ` stroke-dasharray="2 3"`
		if v == 0 || v == 1 {
			dash = ""
		}
		fmt.Fprintf(&s, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#999999"%s/>`+"\n", scale(v), topHeight-6, scale(v), height-bottomSpace, dash)
		text(&s, int(scale(v)), height-bottomSpace+18, "middle", "#555555", "", fmt.Sprintf("%.4g", v))
	}
	for i := range r.Cells {
		c := &r.Cells[i]
		y := topHeight + i*groupHeight
		text(&s, labelWidth-10, y+(groupHeight-groupGap)/2+4, "end", "#222222", "", fmt.Sprintf("%s, -c %d -P %d", c.Workload, c.Clients, c.Pipeline))
		for j, peer := range peers {
			ratio := c.Ratio(r.Servers[0].Name, peer.Name)
			v := ratio.Median
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n",
				labelWidth, y, scale(v)-labelWidth, barHeight, colour(j))
			if ratio.High > ratio.Low {
				fmt.Fprintf(&s, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#222222"/>`+"\n",
					scale(ratio.Low), y+barHeight/2, scale(ratio.High), y+barHeight/2)
			}
			text(&s, int(scale(max(v, ratio.High)))+6, y+barHeight-3, "start", "#222222", "", fmt.Sprintf("%.2f", v))
			y += barHeight + barGap
		}
	}
	s.WriteString("</svg>\n")
	_, err := io.WriteString(w, s.String())
	return err
}

func (r *Report) chartTitle() string {
	if len(r.Servers) == 0 {
		return r.Title
	}
	return fmt.Sprintf("Throughput of %s compared with Redis, medians", r.Servers[0].Name)
}

// highestRatio is the end of the scale: 1, or what the longest bar needs.
func (r *Report) highestRatio(peers []Server) float64 {
	top := 1.0
	for i := range r.Cells {
		for _, peer := range peers {
			ratio := r.Cells[i].Ratio(r.Servers[0].Name, peer.Name)
			for _, v := range []float64{ratio.Median, ratio.High} {
				if !math.IsInf(v, 0) && v > top {
					top = v
				}
			}
		}
	}
	return top
}

// tickStep is the distance of the lines of the grid, for four to ten of them.
func tickStep(top float64) float64 {
	step := 0.25
	for top/step > 10 {
		step *= 2
	}
	return step
}

func colour(i int) string { return barColours[i%len(barColours)] }

func text(s *strings.Builder, x, y int, anchor, fill, attributes, content string) {
	if attributes != "" {
		attributes = " " + attributes
	}
	fmt.Fprintf(s, `<text x="%d" y="%d" text-anchor="%s" fill="%s"%s>%s</text>`+"\n", x, y, anchor, fill, attributes, html.EscapeString(content))
}
