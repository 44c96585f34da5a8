// The open files are listed while one is opened, for a while: the lock orders what does not overlap.
package main

import (
	"time"

	"github.com/gohugoio/hugo/hugofs"
	"github.com/spf13/afero"
)

func main() {
	fs := &hugofs.OpenFilesFs{Fs: afero.NewMemMapFs()}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			f, err := fs.Create("a")
			if err != nil {
				panic(err)
			}
			f.Close()
		}
	}()
	total := 0
	for start := time.Now(); time.Since(start) < time.Second; {
		for _, n := range fs.OpenFiles() {
			total += n
		}
	}
	close(stop)
	<-done
}
