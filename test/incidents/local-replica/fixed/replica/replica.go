// Package replica is this node's copy of the cache entries that other nodes own.
package replica

import "sync"

// Entry is a cached value and the version that its owner gave it.
type Entry struct {
	Value   string
	Version int
}

var (
	mu      sync.RWMutex
	entries = make(map[string]Entry) // guarded by mu
)

// Set takes over an entry from its owner, unless a newer one is here already.
func Set(key string, e Entry) bool {
	mu.Lock()
	defer mu.Unlock()
	if have, ok := entries[key]; ok && have.Version >= e.Version {
		return false
	}
	entries[key] = e
	return true
}

// Get looks an entry up in the local copy.
func Get(key string) (Entry, bool) {
	mu.RLock()
	defer mu.RUnlock()
	e, ok := entries[key]
	return e, ok
}
