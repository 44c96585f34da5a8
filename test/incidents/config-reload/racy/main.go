// Command config-reload is the front door of a few services: it tells which backend serves a path, and
// an operator can replace its routes while it runs. It serves on a free loopback port and plays both the
// visitors and the operator.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

func main() {
	router := newRouter(routesOfVersion(1))
	mux := http.NewServeMux()
	mux.HandleFunc("/-/reload", router.handleReload)
	mux.Handle("/", router)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	address := "http://" + listener.Addr().String()

	var wg sync.WaitGroup
	for visitor := 0; visitor < 6; visitor++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 60; i++ {
				path := fmt.Sprintf("/service%d/page%d", (visitor+i)%40, i)
				if err := get(address + path); err != nil {
					log.Print(err)
				}
			}
		}()
	}
	for version := 2; version <= 12; version++ {
		if err := reload(address, routesOfVersion(version)); err != nil {
			log.Print(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	wg.Wait()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	backend, _ := router.match("/service7/page1")
	fmt.Println("360 requests routed, 11 reloads; /service7 is now at", backend)
}

func routesOfVersion(version int) map[string]string {
	routes := map[string]string{"/": "http://fallback.internal"}
	for i := 0; i < 40; i++ {
		routes[fmt.Sprintf("/service%d/", i)] = fmt.Sprintf("http://service%d-v%d.internal", i, version)
	}
	return routes
}

func get(url string) error {
	res, err := http.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

func reload(address string, routes map[string]string) error {
	body, err := json.Marshal(routes)
	if err != nil {
		return err
	}
	res, err := http.Post(address+"/-/reload", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	return res.Body.Close()
}
