// Command log-statistics counts how many lines of each level the log files of a cluster have.
package main

import (
	"fmt"
	"sort"
	"time"
)

func main() {
	counts := countLevels(sampleFiles(12, 2000))
	levels := make([]string, 0, len(counts))
	total := 0
	for level, n := range counts {
		levels = append(levels, level)
		total += n
	}
	sort.Strings(levels)
	for _, level := range levels {
		fmt.Printf("%-6s %d\n", level, counts[level])
	}
	fmt.Printf("%-6s %d\n", "total", total)
}

// sampleFiles makes up the files that a real run would read from disk.
func sampleFiles(files, lines int) [][]string {
	levels := []string{"DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	all := make([][]string, files)
	for f := range all {
		for l := 0; l < lines; l++ {
			when := start.Add(time.Duration(f*lines+l) * time.Second).Format(time.RFC3339)
			all[f] = append(all[f], fmt.Sprintf("%s %s node%d request %d done", when, levels[(f+l)%len(levels)], f, l))
		}
	}
	return all
}
