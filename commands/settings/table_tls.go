package settings

// tlsTable: TLS. The listener has none, and an operator who sets a certificate must not believe that it has: all of it
// stays at its default, which may be set again so that tools which write every parameter back get their OK.
var tlsTable = fixAll("Unable to update TLS configuration. Check server logs.", []Param{
	{Name: "tls-port", Kind: Integer, Default: "0", Max: 65535, Doc: "port for TLS connections"},
	{Name: "tls-cluster", Kind: Bool, Default: "no", Doc: "TLS between cluster nodes"},
	{Name: "tls-replication", Kind: Bool, Default: "no", Doc: "TLS to the master"},
	{Name: "tls-auth-clients", Kind: Enum, Default: "yes", Values: []string{"no", "yes", "optional"}, Doc: "ask clients for certificates"},
	{Name: "tls-cert-file", Doc: "certificate"},
	{Name: "tls-key-file", Doc: "key of the certificate"},
	{Name: "tls-key-file-pass", Doc: "password of the key", Sensitive: true},
	{Name: "tls-client-cert-file", Doc: "certificate for outgoing links"},
	{Name: "tls-client-key-file", Doc: "key for outgoing links"},
	{Name: "tls-client-key-file-pass", Doc: "password of that key", Sensitive: true},
	{Name: "tls-dh-params-file", Doc: "Diffie-Hellman parameters"},
	{Name: "tls-ca-cert-file", Doc: "certificates of authorities"},
	{Name: "tls-ca-cert-dir", Doc: "directory of such certificates"},
	{Name: "tls-protocols", Doc: "versions allowed"},
	{Name: "tls-ciphers", Doc: "ciphers up to TLS 1.2"},
	{Name: "tls-ciphersuites", Doc: "ciphers of TLS 1.3"},
	{Name: "tls-prefer-server-ciphers", Kind: Bool, Default: "no", Doc: "let the server choose the cipher"},
	{Name: "tls-session-caching", Kind: Bool, Default: "yes", Doc: "resume sessions"},
	{Name: "tls-session-cache-size", Kind: Integer, Default: "20480", Max: maxInt, Doc: "sessions kept"},
	{Name: "tls-session-cache-timeout", Kind: Integer, Default: "300", Max: maxInt, Doc: "seconds a session is kept"},
})

func fixAll(reason string, params []Param) []Param {
	for i := range params {
		params[i].Mutability, params[i].Reason = Fixed, reason
	}
	return params
}
