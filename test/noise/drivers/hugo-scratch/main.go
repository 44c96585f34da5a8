// A template lists the values of a scratch map that another page adds to.
package main

import (
	"strconv"

	"github.com/gohugoio/hugo/common/maps"
)

func main() {
	s := maps.NewScratch()
	s.SetInMap("tags", "0", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			s.SetInMap("tags", strconv.Itoa(i), i)
		}
	}()
	for range 1000 {
		s.GetSortedMapValues("tags")
	}
	<-done
}
