package commands

import "github.com/mnorrsken/postkeys/pg"

var hashWalkBindings = []binding{
	randomBinding("hrandfield", pg.TypeHash, "withvalues", hrandfield),
	{name: "hscan", claim: claimScanMembers(scanForm{noValues: true}), run: scanMembers(pg.TypeHash, scanForm{noValues: true}, addScannedField)},
}

// hrandfield answers with a list; with values it is flat in RESP2, and a list
// of pairs in RESP3.
func hrandfield(c *Call, _ *pg.Members, r *randomRequest, chosen []*pg.Member) {
	c.pairsHeader(len(chosen), r.withMore)
	for _, m := range chosen {
		if r.withMore && c.out.RESP3 {
			c.out.Array(2)
		}
		c.out.Bulk(m.Name)
		if r.withMore {
			c.out.Bulk(m.Value)
		}
	}
}

// addScannedField puts a field, and its value unless it is not wanted, into the
// reply of HSCAN.
func addScannedField(_ *Call, o *scanOptions, f *found, m *pg.Member) {
	f.add(m.Name)
	if !o.noValues {
		f.add(m.Value)
	}
}
