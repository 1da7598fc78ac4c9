package spec

// setKeys: SET reads its key only with the GET option.
func setKeys(dst []KeyRef, args [][]byte) []KeyRef {
	flags := KeyOW | KeyUpdate
	for _, a := range args[3:] {
		if equalFold(a, "get") {
			flags = KeyRW | KeyAccess | KeyUpdate
			break
		}
	}
	return append(dst, KeyRef{Index: 1, Flags: flags})
}

// bitfieldKeys: BITFIELD only reads its key if all operations are GET. What can't be parsed counts as a write.
func bitfieldKeys(dst []KeyRef, args [][]byte) []KeyRef {
	readOnly := KeyRef{Index: 1, Flags: KeyRO | KeyAccess}
	readWrite := KeyRef{Index: 1, Flags: KeyRW | KeyAccess | KeyUpdate}
	for rest := args[2:]; len(rest) > 0; {
		switch {
		case equalFold(rest[0], "get") && len(rest) >= 3:
			rest = rest[3:]
		case equalFold(rest[0], "overflow") && len(rest) >= 2:
			rest = rest[2:]
		default:
			return append(dst, readWrite)
		}
	}
	return append(dst, readOnly)
}
