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

// migrateKeys: MIGRATE names one key, or an empty one and others after KEYS. Values of options may look like KEYS.
func migrateKeys(dst []KeyRef, args [][]byte) []KeyRef {
	const flags = KeyRW | KeyAccess | KeyDelete
	for i := 6; i < len(args); i++ {
		switch a := args[i]; {
		case equalFold(a, "keys") && len(args[3]) > 0:
			return dst
		case equalFold(a, "keys"):
			for j := i + 1; j < len(args); j++ {
				dst = append(dst, KeyRef{Index: j, Flags: flags})
			}
			return dst
		case equalFold(a, "auth"):
			i++
		case equalFold(a, "auth2"):
			i += 2
		}
	}
	return append(dst, KeyRef{Index: 3, Flags: flags})
}
