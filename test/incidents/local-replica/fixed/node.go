package main

import (
	"bufio"
	"encoding/json"
	"log"
	"net"
	"sync"

	"example.com/local-replica/replica"
)

// update is what the owner of an entry sends to the nodes that hold copies, one JSON object a line.
type update struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Version int    `json:"version"`
}

// node receives updates from its peers, one connection each.
type node struct {
	listener net.Listener
	peers    sync.WaitGroup
}

func startNode() (*node, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &node{listener: listener}
	n.peers.Add(1)
	go n.accept()
	return n, nil
}

func (n *node) accept() {
	defer n.peers.Done()
	for {
		conn, err := n.listener.Accept()
		if err != nil {
			return // closed
		}
		n.peers.Add(1)
		go n.receive(conn)
	}
}

func (n *node) receive(conn net.Conn) {
	defer n.peers.Done()
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		var u update
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			log.Print(err)
			return
		}
		replica.Set(u.Key, replica.Entry{Value: u.Value, Version: u.Version})
	}
	if err := lines.Err(); err != nil {
		log.Print(err)
	}
}

// stop takes no more peers and waits until all updates of the connected ones are in.
func (n *node) stop() {
	n.listener.Close()
	n.peers.Wait()
}
