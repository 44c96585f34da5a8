// Command local-replica is one node of a distributed cache. It listens on a free loopback port, plays
// the peers that send it updates, and meanwhile answers look-ups from its local replica.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	"example.com/local-replica/replica"
)

const (
	peers    = 4
	readers  = 4
	keys     = 50
	versions = 8
)

func main() {
	n, err := startNode()
	if err != nil {
		log.Fatal(err)
	}
	var wg sync.WaitGroup
	for peer := 0; peer < peers; peer++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := sendUpdates(n.listener.Addr().String(), peer); err != nil {
				log.Print(err)
			}
		}()
	}
	for reader := 0; reader < readers; reader++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			lookUp(reader)
		}()
	}
	wg.Wait()
	n.stop()

	newest := 0
	for peer := 0; peer < peers; peer++ {
		for k := 0; k < keys; k++ {
			if e, ok := replica.Get(keyOf(peer, k)); ok && e.Version == versions {
				newest++
			}
		}
	}
	fmt.Printf("%d updates received, %d of %d keys are at the newest version\n",
		peers*keys*versions, newest, peers*keys)
}

// sendUpdates plays a peer that owns some keys and changes them a few times.
func sendUpdates(address string, peer int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	out := json.NewEncoder(conn)
	for version := 1; version <= versions; version++ {
		for k := 0; k < keys; k++ {
			u := update{Key: keyOf(peer, k), Value: fmt.Sprintf("value %d", version), Version: version}
			if err := out.Encode(u); err != nil {
				return err
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// lookUp plays a client of this node.
func lookUp(reader int) {
	for i := 0; i < 200; i++ {
		key := keyOf((reader+i)%peers, i%keys)
		if e, ok := replica.Get(key); ok && e.Value == "" {
			log.Printf("%s is empty", key)
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func keyOf(peer, k int) string {
	return fmt.Sprintf("peer%d/key%d", peer, k)
}
