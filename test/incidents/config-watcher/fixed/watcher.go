package main

import (
	"context"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const pollInterval = 20 * time.Millisecond

// Watcher follows a configuration file of `key = value` lines.
type Watcher struct {
	path     string
	mu       sync.RWMutex
	settings map[string]string // guarded by mu
	started  atomic.Int64      // how often watching was started
}

// newWatcher makes a watcher without settings, ready to run.
func newWatcher(path string) *Watcher {
	return &Watcher{path: path, settings: make(map[string]string)}
}

// Reset forgets all settings and begins with the given ones.
func (w *Watcher) Reset(defaults map[string]string) {
	settings := make(map[string]string)
	for key, value := range defaults {
		settings[key] = value
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settings = settings
}

// Get returns a setting, "" where there is none.
func (w *Watcher) Get(key string) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
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
			w.poll()
		}
	}
}

// poll reads the file once. Whatever goes wrong must not end the watching: run tries again at its next tick.
func (w *Watcher) poll() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("watcher: %v, trying again\n%s", r, debug.Stack())
		}
	}()
	text, err := os.ReadFile(w.path)
	if err != nil {
		log.Print(err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range strings.Split(string(text), "\n") {
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		w.settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
}
