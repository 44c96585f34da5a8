// Command session-cache is a small shop: customers log in, look at their orders and log out.
// It serves on a free loopback port and plays its own customers.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

const (
	customers = 8
	visits    = 6
	queries   = 5
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: routes()}
	go server.Serve(listener)

	var answered atomic.Int64
	var wg sync.WaitGroup
	for i := 0; i < customers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for v := 0; v < visits; v++ {
				n, err := visit("http://"+listener.Addr().String(), fmt.Sprintf("customer%d", i))
				if err != nil {
					log.Print(err)
				}
				answered.Add(int64(n))
			}
		}()
	}
	wg.Wait()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d visits, %d order queries answered\n", customers*visits, answered.Load())
}

// visit logs in, asks for the orders a few times and logs out; it returns how many queries were answered.
func visit(shop, user string) (int, error) {
	token, err := send(shop+"/login", func(r *http.Request) { r.SetBasicAuth(user, "secret") })
	if err != nil {
		return 0, err
	}
	loggedIn := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	for i := 0; i < queries; i++ {
		if _, err := send(shop+"/orders", loggedIn); err != nil {
			return i, err
		}
	}
	_, err = send(shop+"/logout", loggedIn)
	return queries, err
}

func send(url string, prepare func(*http.Request)) (string, error) {
	req, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		return "", err
	}
	prepare(req)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("%s: %s", url, res.Status)
	}
	return string(body), err
}
