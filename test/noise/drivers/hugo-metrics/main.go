// The metrics of a build are written while a partial template is still being measured.
package main

import (
	"io"
	"strconv"
	"time"

	"github.com/gohugoio/hugo/metrics"
)

func main() {
	s := metrics.NewProvider(true)
	s.MeasureSince("a", time.Now())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			s.TrackValue(strconv.Itoa(i), i, true)
		}
	}()
	for range 1000 {
		s.WriteMetrics(io.Discard)
	}
	<-done
}
