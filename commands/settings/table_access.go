package settings

// accessTable: who may do what. Here a value that is stored and ignored would be a hole, so each is either acted on or
// refused. Protected mode is off because containers publish the port on purpose; a password is the way to close it.
var accessTable = []Param{
	{ID: RequirePass, Name: "requirepass", Effect: Active, Sensitive: true,
		Doc: "password of the default user, empty for none"},
	{ID: ProtectedMode, Name: "protected-mode", Kind: Bool, Default: "no", Mutability: Fixed,
		Reason: "protected mode is not available, set requirepass",
		Doc:    "refuse remote clients while no password is set"},
	{ID: EnableProtectedConfigs, Name: "enable-protected-configs", Kind: Enum, Default: "no", Values: protectedValues,
		Mutability: Immutable, Effect: Active, Doc: "who may set protected parameters"},
	{ID: EnableDebugCommand, Name: "enable-debug-command", Kind: Enum, Default: "no", Values: protectedValues,
		Mutability: Immutable, Effect: Active, Doc: "who may use DEBUG"},
	{ID: EnableModuleCommand, Name: "enable-module-command", Kind: Enum, Default: "no", Values: protectedValues,
		Mutability: Immutable, Doc: "who may load modules; there are none here"},
	{Name: "aclfile", Mutability: Immutable, Doc: "file with users"},
	{ID: ACLPubSubDefault, Name: "acl-pubsub-default", Kind: Enum, Default: "resetchannels",
		Values: []string{"allchannels", "resetchannels"}, Doc: "channels a new user may use"},
	{ID: ACLLogMaxLen, Name: "acllog-max-len", Kind: Integer, Default: "128", Max: maxLong,
		Doc: "refusals kept for ACL LOG"},
}

var protectedValues = []string{"no", "yes", "local"}
