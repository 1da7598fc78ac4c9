package redissuite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestSuite runs Redis' own tests, except the slow ones, which are for make
// suite, and fails unless they fail and pass as known-failures.tsv says. Its
// logs are in .build/suite of the module.
func TestSuite(t *testing.T) {
	root, err := servertest.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, ".build", "suite")
	server := servertest.Postkeys(t, pgtest.DSN(t))
	cmd := exec.CommandContext(t.Context(), "./run-suite")
	cmd.Env = append(os.Environ(), fmt.Sprint("REDIS_PORT=", server.Port), "SUITE_OUT="+out, "SUITE_QUICK=yes")
	report, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	t.Logf("%s", report)
}
