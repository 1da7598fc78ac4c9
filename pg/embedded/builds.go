package embedded

// DefaultVersion is the major version that new data gets.
const DefaultVersion = "18"

// Versions are the major versions a build is pinned for.
var Versions = []string{"16", "17", "18"}

// npmScope is where the builds are published, one package per platform.
const npmScope = "@embedded-postgres"

// packageArch maps Go's names of processors to those in package names.
var packageArch = map[string]string{"amd64": "x64", "arm64": "arm64"}

// build is one published package: its exact version and the SHA-512 digest of its archive for each processor.
type build struct {
	version string
	sha512  map[string]string
}

// builds holds the pinned build of each major version. To move to another one, change the version and the digests, which
// `npm view <package>@<version> dist.integrity` prints.
var builds = map[string]build{
	"16": {"16.14.0-beta.17", map[string]string{
		"amd64": "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
		"arm64": "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
	}},
	"17": {"17.10.0-beta.17", map[string]string{
		"amd64": "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
		"arm64": "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
	}},
	"18": {"18.4.0-beta.17", map[string]string{
		"amd64": "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
		"arm64": "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
	}},
}
