// Command bench does one kind of work by name and prints how long it took, in nanoseconds, and the most
// memory the process had, in kilobytes. The bench beside it runs it plain, watched, and under -race.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/bits"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const workers = 4

var sink any

func parallel(f func(worker int)) {
	var wg sync.WaitGroup
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go func() { defer wg.Done(); f(w) }()
	}
	wg.Wait()
}

var rows = map[string]func(){
	"private-maps": func() {
		parallel(func(w int) {
			m := map[int]int{}
			sum := 0
			for i := 0; i < 6_000_000; i++ {
				m[i&1023]++
				sum += m[(i*7)&1023]
			}
			_ = sum
		})
	},
	"computation": func() {
		parallel(func(w int) {
			x, h, s := 1.5, fnv.New64a(), make([]int, 4096)
			var b [8]byte
			for i := 0; i < 4_000_000; i++ {
				x = math.Sqrt(x*x+float64(i)) + math.Floor(x/3)
				s[i&4095] += bits.OnesCount64(uint64(i)*0x9E3779B97F4A7C15) + bits.LeadingZeros32(uint32(i))
				if i&7 == 0 {
					b[0] = byte(i)
					h.Write(b[:])
				}
			}
			if x < 0 || h.Sum64() == 1 {
				panic(s)
			}
		})
	},
	"sharded-rwmutex": func() {
		type shard struct {
			mu sync.RWMutex
			m  map[string]int
			_  [64]byte
		}
		shards := make([]shard, 32)
		keys := make([]string, 4096)
		for i := range keys {
			keys[i] = "key-" + strconv.Itoa(i)
		}
		for i := range shards {
			shards[i].m = map[string]int{}
		}
		parallel(func(w int) {
			r := uint32(w + 1)
			for i := 0; i < 2_000_000; i++ {
				r = r*1664525 + 1013904223
				k := r >> 20
				s := &shards[k%32]
				if r>>10%10 < 7 {
					s.mu.RLock()
					_ = s.m[keys[k]]
					s.mu.RUnlock()
				} else {
					s.mu.Lock()
					s.m[keys[k]]++
					s.mu.Unlock()
				}
			}
		})
	},
	"hot-sync-map": func() {
		var m sync.Map
		for i := 0; i < 1024; i++ {
			m.Store(i, i)
		}
		parallel(func(w int) {
			for i := 0; i < 2_000_000; i++ {
				if i%20 == 0 {
					m.Store(i&1023, i)
				} else {
					m.Load(i & 1023)
				}
			}
		})
	},
	"channels": func() {
		a, b := make(chan int), make(chan int)
		go func() {
			for v := range a {
				b <- v + 1
			}
			close(b)
		}()
		for i := 0; i < 1_000_000; i++ {
			a <- i
			<-b
		}
		close(a)
	},
	"trees": func() {
		parallel(func(w int) {
			for i := 0; i < 40; i++ {
				sinkTree(tree(15))
			}
		})
	},
	"tiny-objects": func() {
		parallel(func(w int) {
			keep := make([]*int32, 1024)
			for i := 0; i < 10_000_000; i++ {
				v := int32(i)
				keep[i&1023] = &v
			}
			sinkTiny(keep)
		})
	},
	"http-json": func() {
		type item struct {
			ID    int               `json:"id"`
			Name  string            `json:"name"`
			Tags  []string          `json:"tags"`
			Attrs map[string]string `json:"attrs"`
		}
		var mu sync.Mutex
		store := map[int]item{}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var it item
			if err := json.NewDecoder(r.Body).Decode(&it); err != nil {
				panic(err)
			}
			mu.Lock()
			store[it.ID&1023] = it
			mu.Unlock()
			if err := json.NewEncoder(w).Encode(it); err != nil {
				panic(err)
			}
		}))
		url := "http://" + listener.Addr().String()
		body, _ := json.Marshal(item{1, "name", strings.Split("a b c d", " "), map[string]string{"k": "v", "l": "w"}})
		parallel(func(w int) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			for i := 0; i < 4_000; i++ {
				response, err := client.Post(url, "application/json", bytes.NewReader(body))
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		})
	},
	"live-goroutines": func() {
		const n = 100_000
		var mu sync.Mutex
		m := map[int]int{}
		release := make(chan bool)
		var started, ended sync.WaitGroup
		for i := 0; i < n; i++ {
			started.Add(1)
			ended.Add(1)
			go func() {
				mu.Lock()
				m[i&255]++
				mu.Unlock()
				started.Done()
				<-release
				ended.Done()
			}()
		}
		started.Wait()
		close(release)
		ended.Wait()
	},
	"short-goroutines": func() {
		var mu sync.Mutex
		m := map[int]int{}
		slots := make(chan bool, 64)
		for i := 0; i < 1_000_000; i++ {
			slots <- true
			go func() {
				mu.Lock()
				m[i&255]++
				mu.Unlock()
				<-slots
			}()
		}
		for i := 0; i < cap(slots); i++ {
			slots <- true
		}
	},
}

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

//go:noinline
func sinkTree(n *node) {
	if n == nil {
		sink = n
	}
}

//go:noinline
func sinkTiny(keep []*int32) {
	if keep == nil {
		sink = keep
	}
}

func main() {
	if len(os.Args) < 2 {
		for name := range rows {
			fmt.Println(name)
		}
		return
	}
	start := time.Now()
	rows[os.Args[1]]()
	took := time.Since(start)
	status, err := os.ReadFile("/proc/self/status")
	peak := 0
	if err == nil {
		for _, line := range strings.Split(string(status), "\n") {
			if strings.HasPrefix(line, "VmHWM:") {
				peak, _ = strconv.Atoi(strings.Fields(line)[1])
			}
		}
	}
	fmt.Println(took.Nanoseconds(), peak)
}
