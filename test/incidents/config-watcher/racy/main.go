// Command config-watcher follows its configuration file while it runs, and plays the operator who edits it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dir, err := os.MkdirTemp("", "config-watcher")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "service.conf")
	if err := writeConfig(path, 1); err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watcher := &Watcher{path: path}
	go watcher.run(ctx)

	// The defaults come from a slow place.
	time.Sleep(70 * time.Millisecond)
	watcher.Reset(map[string]string{"level": "info", "workers": "1"})

	for version := 2; version <= 12; version++ {
		if err := writeConfig(path, version); err != nil {
			log.Fatal(err)
		}
		time.Sleep(2 * pollInterval)
	}
	fmt.Printf("level %s, %s workers; watching was started %d times\n",
		watcher.Get("level"), watcher.Get("workers"), watcher.started.Load())
}

// writeConfig replaces the file as a whole, so that nobody reads half of it.
func writeConfig(path string, version int) error {
	text := fmt.Sprintf("level = debug\nworkers = %d\n", version)
	for i := 0; i < 30; i++ {
		text += fmt.Sprintf("limit.%d = %d\n", i, version*100+i)
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
