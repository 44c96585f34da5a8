package modload

import (
	"testing"

	"golang.org/x/mod/module"
)

// A module's index is kept while somebody asks for the index of the only module.
func TestDriver(t *testing.T) {
	main := module.Version{Path: "example.com/main"}
	modules := &MainModuleSet{versions: []module.Version{main}, indices: map[module.Version]*modFileIndex{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			modules.SetIndex(main, &modFileIndex{})
		}
	}()
	state := NewState()
	for range 1000 {
		modules.GetSingleIndexOrNil(state)
	}
	<-done
}
