// A test asks for a metric while the channel that it tests records one.
package main

import (
	"google.golang.org/grpc/experimental/stats"
	recorder "google.golang.org/grpc/internal/testutils/stats"
)

func main() {
	r := recorder.NewTestMetricsRecorder()
	handle := stats.RegisterInt64Count(stats.MetricDescriptor{Name: "driver", Type: stats.MetricTypeIntCount})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			r.RecordInt64Count(handle, int64(i))
		}
	}()
	for range 1000 {
		r.Metric("driver")
	}
	<-done
}
