// A cache is pruned while a file is written to it.
package main

import (
	"strconv"

	"github.com/gohugoio/hugo/cache/filecache"
	"github.com/spf13/afero"
)

func main() {
	c := filecache.NewCache(afero.NewMemMapFs(), -1, "")
	write := func(i int) {
		_, w, err := c.WriteCloser("file" + strconv.Itoa(i))
		if err != nil {
			panic(err)
		}
		w.Close()
	}
	write(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 500 {
			write(i)
		}
	}()
	for range 100 {
		if _, err := c.Prune(false); err != nil {
			panic(err)
		}
	}
	<-done
}
