// The open files are listed while one is opened.
package main

import (
	"github.com/gohugoio/hugo/hugofs"
	"github.com/spf13/afero"
)

func main() {
	fs := &hugofs.OpenFilesFs{Fs: afero.NewMemMapFs()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			f, err := fs.Create("a")
			if err != nil {
				panic(err)
			}
			f.Close()
		}
	}()
	total := 0
	for range 1000 {
		for _, n := range fs.OpenFiles() {
			total += n
		}
	}
	<-done
}
