package main

import (
	"context"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
)

const pollInterval = 20 * time.Millisecond

// Watcher follows a configuration file of `key = value` lines.
type Watcher struct {
	path     string
	settings map[string]string
	started  atomic.Int64 // how often watching was started
}

// Reset forgets all settings and begins with the given ones.
func (w *Watcher) Reset(defaults map[string]string) {
	settings := make(map[string]string)
	for key, value := range defaults {
		settings[key] = value
	}
	w.settings = settings
}

// Get returns a setting, "" where there is none.
func (w *Watcher) Get(key string) string {
	return w.settings[key]
}

// run takes over what is in the file, again and again.
func (w *Watcher) run(ctx context.Context) {
	w.started.Add(1)
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.poll(ctx)
		}
	}
}

// poll reads the file once. Whatever goes wrong must not end the watching, so it is then started anew.
func (w *Watcher) poll(ctx context.Context) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("watcher: %v, starting again\n%s", r, debug.Stack())
			go w.run(ctx)
		}
	}()
	text, err := os.ReadFile(w.path)
	if err != nil {
		log.Print(err)
		return
	}
	for _, line := range strings.Split(string(text), "\n") {
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		w.settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
}
