// The keys of a cache are listed while a partition is added.
package main

import (
	"strconv"

	"github.com/gohugoio/hugo/cache/dynacache"
	"github.com/gohugoio/hugo/common/loggers"
)

func main() {
	c := dynacache.New(dynacache.Options{Log: loggers.NewDefault()})
	defer c.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 100 {
			opts := dynacache.OptionsPartition{Weight: 10, ClearWhen: dynacache.ClearNever}
			dynacache.GetOrCreatePartition[string, *page](c, "/aaaa/b"+strconv.Itoa(i + 10)[:2], opts)
		}
	}()
	for range 1000 {
		c.Keys(nil)
	}
	<-done
}

type page struct{}
