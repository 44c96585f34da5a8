// Package replica is this node's copy of the cache entries that other nodes own.
package replica

// Entry is a cached value and the version that its owner gave it.
type Entry struct {
	Value   string
	Version int
}

var entries = make(map[string]Entry)

// Set takes over an entry from its owner, unless a newer one is here already.
func Set(key string, e Entry) bool {
	if have, ok := entries[key]; ok && have.Version >= e.Version {
		return false
	}
	entries[key] = e
	return true
}

// Get looks an entry up in the local copy.
func Get(key string) (Entry, bool) {
	e, ok := entries[key]
	return e, ok
}
