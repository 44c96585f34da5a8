// A batch asks whether it is stale while a template adds scripts to one of its groups.
package esbuild

import (
	"strconv"
	"testing"
)

func TestDriver(t *testing.T) {
	s := &scriptGroup{
		id: "a", b: &batcher{},
		isBuiltOrTouched: newIsBuiltOrTouched(),
		scriptsOptions:   make(optionsMap[scriptID, scriptOptions]),
		instancesOptions: make(optionsMap[instanceID, paramsOptions]),
		runnersOptions:   make(optionsMap[scriptID, scriptOptions]),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			s.Script(strconv.Itoa(i))
			s.Instance("0", strconv.Itoa(i))
			s.Runner(strconv.Itoa(i))
		}
	}()
	for range 300 {
		s.Reset()
		s.isStale()
	}
	<-done
}
