package main

import (
	"strings"
	"sync"
	"time"
)

// countLevels counts the log lines of each level, with one worker per file. Each worker counts on its own
// and adds its share once, so the lock is taken once a file and not once a line.
func countLevels(files [][]string) map[string]int {
	counts := make(map[string]int)
	var mu sync.Mutex // guards counts
	var wg sync.WaitGroup
	for _, lines := range files {
		wg.Add(1)
		go func() {
			defer wg.Done()
			share := make(map[string]int)
			for _, line := range lines {
				level, ok := levelOf(line)
				if !ok {
					continue
				}
				share[level]++
			}
			mu.Lock()
			defer mu.Unlock()
			for level, n := range share {
				counts[level] += n
			}
		}()
	}
	wg.Wait()
	return counts
}

// levelOf reads a line like `2026-03-01T12:00:00Z WARN disk nearly full`.
func levelOf(line string) (string, bool) {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return "", false
	}
	if _, err := time.Parse(time.RFC3339, fields[0]); err != nil {
		return "", false
	}
	return fields[1], true
}
